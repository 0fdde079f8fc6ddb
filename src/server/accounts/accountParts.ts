import type { Logger } from 'pino'
import type { AccessMode } from '../../protocol/responses.ts'
import type { KnownSessions } from '../access/knownTokens.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import type { AccountLinks } from './accountLinks.ts'
import type { RequireUncommon } from './commonPasswords.ts'
import type { OwnerMover } from './ownerMover.ts'
import type { Passwords } from './passwords.ts'
import type { Throttle } from './throttle.ts'

/** What every part of the accounts needs. */
export interface AccountParts {
  database: Database
  sessions: Pick<KnownSessions, 'add' | 'learn'>
  passwords: Passwords
  requireUncommon: RequireUncommon
  throttle: Throttle
  links: AccountLinks
  mover: Pick<OwnerMover, 'begin'>
  access: AccessMode
  clock: Pick<Clock, 'now'>
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  createId: () => string
  logger: Logger
}
