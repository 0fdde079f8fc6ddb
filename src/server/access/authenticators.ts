import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type Callers, createCallers, refuseVisitors } from './caller.ts'
import { createHostAuthenticator, type OwnerOf } from './hostOwner.ts'
import { createHostTokens, type HostTokenOptions } from './hostTokens.ts'
import { createSessions, type SessionOptions } from './sessions.ts'

export interface AccessOptions extends SessionOptions {
  /** If absent, no token is looked at. `isRequired`: nobody is a visitor. */
  hostTokens?: (HostTokenOptions & { isRequired: boolean }) | undefined
  clock: Clock
  logger: Logger
}

/**
 * Puts the ways to prove who asks in their order: a host token, then what the app says that mounts Riacho, then the
 * cookie of a visitor. The result takes the `owner` of such an app.
 */
export function createCallersOf({
  hostTokens,
  clock,
  logger,
  ...sessions
}: AccessOptions): (ownerOf?: OwnerOf) => Callers {
  const tokens = hostTokens ? [createHostTokens(hostTokens, { clock, logger })] : []
  const others = hostTokens?.isRequired ? refuseVisitors : createSessions(sessions)
  return ownerOf => createCallers([...tokens, ...(ownerOf ? [createHostAuthenticator(ownerOf)] : []), others])
}
