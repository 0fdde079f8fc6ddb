import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import type { AccessMode } from '../../protocol/responses.ts'
import type { KnownProofs, KnownSessions } from '../access/knownTokens.ts'
import type { Clock } from '../clock.ts'
import type { IssuerSettings } from '../config/issuerSettings.ts'
import type { NetworkSettings } from '../config/network.ts'
import type { Database } from '../database/database.ts'
import { createAccountLinks } from './accountLinks.ts'
import { type AccountServiceOptions, createAccountService } from './accountService.ts'
import type { IssuerClaims } from './applyClaims.ts'
import { createRequireUncommon } from './commonPasswords.ts'
import { createIssuer } from './issuers.ts'
import { createMailer, type MailerOptions } from './mailer.ts'
import { OwnerMover } from './ownerMover.ts'
import { createPasswords, type PasswordCost } from './passwords.ts'
import { createThrottle } from './throttle.ts'

/** What an operator decides about accounts. */
export interface AccountOptions {
  /** Who may come in. */
  access: AccessMode
  /** Where people reach the pages. Links in mails begin with it. */
  siteUrl: string
  /** If absent, no mail is sent. */
  mail?: MailerOptions | undefined
  /** Who says who somebody is. */
  issuers?: readonly IssuerSettings[] | undefined
  /** What they decide of people. */
  claims?: IssuerClaims | undefined
  /** What lies between Riacho and them. */
  network?: NetworkSettings | undefined
  /** If absent, that of `passwords.ts`. */
  passwordCost?: PasswordCost | undefined
}

interface AccountsOptions extends AccountOptions {
  database: Database
  knownSessions: KnownSessions
  proofs: KnownProofs
  publicUrls: readonly string[]
  deletions: AccountServiceOptions['deletions']
  clock: Clock
  steadyTime: () => number
  createId: () => string
  logger: Logger
}

/** Puts the parts of the accounts together. */
export function createAccounts({
  knownSessions: sessions,
  access,
  mail,
  passwordCost,
  siteUrl,
  issuers = [],
  claims = { groups: undefined, adminGroups: [] },
  network,
  deletions,
  ...parts
}: AccountsOptions) {
  const { clock } = parts
  const timed = { ...parts, sessions, now: clock.now }
  return createAccountService({
    ...timed,
    access,
    deletions,
    passwords: createPasswords(
      () => new RiachoError('RATE_LIMITED', 'too many sign-ins', { retryAfter: 10 }),
      passwordCost,
    ),
    requireUncommon: createRequireUncommon(siteUrl),
    throttle: createThrottle(parts),
    links: createAccountLinks({
      ...parts,
      siteUrl,
      sendMail: mail && createMailer(mail),
    }),
    mover: new OwnerMover(timed),
    issuers: issuers.map(settings => createIssuer(settings, { network, groupsClaim: claims.groups })),
    claims,
    siteUrl,
  })
}
