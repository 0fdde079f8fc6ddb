export interface Mail {
  to: string
  subject: string
  text: string
}

/** Sends mail. Rejects if the server does not take it. */
export type SendMail = (mail: Mail) => Promise<void>

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with user and password. */
  url: string
  /** The address that mail comes from. */
  from: string
}

/** How long the mail server may take for each step, in milliseconds. */
const TIMEOUT = 20_000

export function createMailer({ url, from }: MailerOptions): SendMail {
  const open = async () => {
    // Loaded with the first mail, because that takes 0.15 s.
    const { createTransport } = await import('nodemailer')
    return createTransport({
      url,
      connectionTimeout: TIMEOUT,
      greetingTimeout: TIMEOUT,
      socketTimeout: TIMEOUT,
      // A text that a person has written must not become a file or an address that the server reads.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
  let transport: ReturnType<typeof open> | undefined
  return async mail => {
    transport ??= open()
    await (await transport).sendMail({ from, ...mail })
  }
}
