import { revokeKeys } from './apiKeys.ts'
import type { Queries } from './schema.ts'
import { revokeSessions } from './sessions.ts'
import type { TokenChange } from './tokenChange.ts'

/** Revokes all sessions and all API keys of an owner. */
export async function revokeProofs(
  queries: Queries,
  owner: { ownerId: string; at: number },
): Promise<TokenChange[]> {
  return [
    ...(await revokeSessions(queries, { ...owner, exceptId: undefined })),
    ...(await revokeKeys(queries, owner)),
  ]
}
