import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  to: string
  /** With its headers, as it came, decoded. */
  text: string
  /** The token of its link. */
  token: string
  /** What its link does. */
  action: string
}

/** A real mail server that keeps what it gets. */
export interface Mailbox extends AsyncDisposable {
  /** The settings of a server that sends its mail here. */
  readonly settings: Record<string, string>
  readonly mails: readonly ReceivedMail[]
  /** Waits for the mail with this number, from 1 on. */
  mail(count: number): Promise<ReceivedMail>
}

/** `siteUrl`: where the links lead. */
export async function openMailbox(siteUrl = 'https://chat.example'): Promise<Mailbox> {
  const mails: ReceivedMail[] = []
  const waiting = new Set<() => void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      void text(stream).then(raw => {
        const decoded = decodeQuotedPrintable(raw)
        const [, action = '', token = ''] = /#(\w+)=([\w-]+)/.exec(decoded) ?? []
        mails.push({ to: session.envelope.rcptTo[0]?.address ?? '', text: decoded, token, action })
        for (const wake of waiting) wake()
        done()
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'Riacho <chat@example.com>',
      PUBLIC_URL: siteUrl,
    },
    mails,
    async mail(count) {
      for (;;) {
        const mail = mails[count - 1]
        if (mail) return mail
        await new Promise<void>(resolve => {
          const wake = () => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

function decodeQuotedPrintable(raw: string): string {
  const bytes = raw
    .replace(/=\r?\n/g, '')
    .replace(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
