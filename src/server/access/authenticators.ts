import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import type { Database } from '../database/database.ts'
import { storedSecret } from '../database/storedSettings.ts'
import { createApiKeys } from './apiKeys.ts'
import { type Callers, createCallers, type IsAdministrator, refuseVisitors } from './caller.ts'
import { createHostAuthenticator, type OwnerOf } from './hostOwner.ts'
import { createHostTokens, type HostTokenOptions } from './hostTokens.ts'
import type { KnownKeys } from './knownTokens.ts'
import { createSessions, type SessionOptions } from './sessions.ts'

export interface AccessOptions extends Omit<SessionOptions, 'secret' | 'oldSecret'> {
  /** If absent, no API key is looked at. */
  knownKeys?: KnownKeys | undefined
  /** If absent, no token is looked at. `isRequired`: nobody is a visitor. */
  hostTokens?: (HostTokenOptions & { isRequired: boolean }) | undefined
  /** Signed the cookies of earlier versions. If absent, the database keeps a secret. */
  sessionSecret?: string
  /** The one before. Cookies that it signed are still good. */
  oldSessionSecret?: string
  database: Database
  clock: Clock
  logger: Logger
}

/**
 * Puts the ways to prove who asks in their order: an API key, then a host token, then what the app says that mounts Riacho, then the
 * cookie of a visitor. The result takes the `owner` of such an app.
 */
export async function createCallersOf({
  knownKeys,
  hostTokens,
  sessionSecret,
  oldSessionSecret: oldSecret,
  database,
  clock,
  logger,
  ...sessions
}: AccessOptions): Promise<(ownerOf?: OwnerOf) => Callers> {
  const keys = knownKeys ? [createApiKeys({ ...sessions, known: knownKeys, database, logger })] : []
  const tokens = hostTokens ? [createHostTokens(hostTokens, { clock, logger })] : []
  const secret = sessionSecret ?? (await storedSecret(database, 'session_secret'))
  const others = hostTokens?.isRequired
    ? refuseVisitors
    : createSessions({ ...sessions, secret, oldSecret, database, logger })
  const isAdministrator: IsAdministrator = async id => {
    const account = await findAccount(database.queries, { id })
    return account?.role === 'admin' && account.disabled_at === null
  }
  return ownerOf =>
    createCallers(
      [...keys, ...tokens, ...(ownerOf ? [createHostAuthenticator(ownerOf)] : []), others],
      isAdministrator,
    )
}
