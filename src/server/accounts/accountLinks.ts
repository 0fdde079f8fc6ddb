import type { Logger } from 'pino'
import type { Locale } from '../../protocol/locale.ts'
import { ACCOUNT_PAGE } from '../../protocol/pages.ts'
import { MAIL_TEXTS, type MailKind } from '../../protocol/texts/mailTexts.ts'
import { createToken, hashOf } from '../access/sessionToken.ts'
import type { InvitationRow, LinkPurpose } from '../database/accounts/accountRows.ts'
import { insertToken } from '../database/accounts/accountTokens.ts'
import type { Queries } from '../database/schema.ts'
import { logFault } from '../logFault.ts'
import type { SendMail } from './mailer.ts'

const HOUR = 60 * 60_000
/** How long a link is good, in milliseconds. */
export const LIFETIMES: Record<LinkPurpose, number> = {
  confirm: 24 * HOUR,
  'change-email': 24 * HOUR,
  reset: HOUR,
  invite: 7 * 24 * HOUR,
  'first-admin': 24 * HOUR,
}
/** The longest invitation that nobody asked an operator for. */
const SIGN_UP_LIFETIME = 24 * HOUR

/** What the page does with a link of each purpose. The token stands after `#`, so that no server and no log gets it. */
const ACTIONS: Record<LinkPurpose, string> = {
  confirm: 'confirm',
  'change-email': 'confirm',
  reset: 'reset',
  invite: 'join',
  'first-admin': 'first',
}

export interface AccountLinksOptions {
  /** Where people reach the pages. Only mails need it. */
  siteUrl: string
  /** If absent, no mail is sent. */
  sendMail: SendMail | undefined
  steadyTime: () => number
  logger: Logger
}

export type AccountLinks = ReturnType<typeof createAccountLinks>

/** Makes the links that do one thing once, and mails them. */
export function createAccountLinks({ siteUrl, sendMail, steadyTime, logger }: AccountLinksOptions) {
  /** Stores a token, and gives its link, from the path on. */
  async function create(
    queries: Queries,
    { purpose, accountId, email }: { purpose: LinkPurpose; accountId: string | null; email: string | null },
    {
      invitation,
    }: { invitation?: Pick<InvitationRow, 'id' | 'role' | 'invited_by' | 'created_at' | 'expires_at'> } = {},
  ): Promise<string> {
    const token = createToken()
    const now = steadyTime()
    const asksItself = purpose === 'invite' && !invitation
    await insertToken(queries, {
      token_hash: hashOf(token),
      purpose,
      account_id: accountId,
      email,
      created_at: now,
      expires_at: now + (asksItself ? SIGN_UP_LIFETIME : LIFETIMES[purpose]),
      used_at: null,
      ...invitation,
    })
    return `${ACCOUNT_PAGE}#${ACTIONS[purpose]}=${token}`
  }

  /**
   * Mails a text with a link. Nobody waits for it, because the time would tell whether there was something to send. If that fails, the
   * log says so.
   */
  function mail(
    to: string,
    kind: MailKind,
    { locale, link = ACCOUNT_PAGE }: { locale: Locale; link?: string },
  ): void {
    if (!sendMail) return
    const filled = (text: string) =>
      text.replaceAll('{link}', siteUrl + link).replaceAll('{site}', new URL(siteUrl).host)
    const { subject, text } = MAIL_TEXTS[locale][kind]
    sendMail({ to, subject: filled(subject), text: filled(text) }).catch((error: unknown) =>
      logFault(logger, error, { message: 'a mail could not be sent', kind }),
    )
  }

  return { create, mail, hasMail: sendMail !== undefined }
}
