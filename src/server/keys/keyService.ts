import { setImmediate } from 'node:timers/promises'
import type { z } from 'zod'
import { RiachoError } from '../../protocol/errors.ts'
import type { createKeyRequest } from '../../protocol/requests.ts'
import type { ApiKey, ApiKeyListResponse, CreatedKeyResponse } from '../../protocol/responses.ts'
import { createKeySecret } from '../access/apiKeys.ts'
import type { Identity } from '../access/caller.ts'
import type { KnownKeys } from '../access/knownTokens.ts'
import { hashOf } from '../access/sessionToken.ts'
import { deleteSomeEndedKeys, insertKey, listKeys, revokeKeys } from '../database/apiKeys.ts'
import type { Database } from '../database/database.ts'
import type { ApiKeyRow } from '../database/schema.ts'

/** The most keys of one owner that count. */
const MAX_KEYS = 20
const DAY = 24 * 60 * 60_000
/** A row stays this long after its end, in milliseconds, because other nodes ask for it. */
const KEPT_AFTER_END = 7 * DAY

export interface KeyServiceOptions {
  database: Pick<Database, 'queries' | 'write' | 'writeFor'>
  keys: Pick<KnownKeys, 'learn'>
  /** Whether the server takes keys. If not, they can be listed and revoked all the same. */
  areTaken: boolean
  createId: () => string
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
}

/** Makes, lists and revokes the API keys of a caller. */
export function createKeyService(options: KeyServiceOptions) {
  const { database, keys, areTaken, createId, steadyTime } = options
  // The host decides whom it lets in. A key would go on after the host has shut its person out.
  const mostOf = ({ kind }: Identity) => (areTaken && kind !== 'host' ? MAX_KEYS : 0)

  async function list(caller: Identity): Promise<ApiKeyListResponse> {
    const rows = await listKeys(database.queries, { ownerId: caller.ownerId, now: steadyTime() })
    return { keys: rows.map(keyOf), most: mostOf(caller) }
  }

  /** The secret of the new key is in no later answer. Throws `TOO_MANY_KEYS`, and `NOT_FOUND` if the owner was erased. */
  async function create(
    caller: Identity,
    { name, scope, days }: z.output<typeof createKeyRequest>,
  ): Promise<CreatedKeyResponse> {
    const secret = createKeySecret()
    const now = steadyTime()
    const row: ApiKeyRow = {
      token_hash: hashOf(secret),
      id: createId(),
      owner_id: caller.ownerId,
      name,
      scope,
      created_at: now,
      used_at: null,
      expires_at: now + days * DAY,
      revoked_at: null,
    }
    const isStored = await database.writeFor(caller.ownerId, 'power', queries =>
      insertKey(queries, row, mostOf(caller)),
    )
    if (!isStored) throw new RiachoError('TOO_MANY_KEYS')
    return { key: keyOf(row), secret }
  }

  /** Revokes a key of the caller. Throws `NOT_FOUND`. */
  async function revoke({ ownerId }: Identity, id: string): Promise<void> {
    const changes = await database.writeFor(ownerId, 'power', queries =>
      revokeKeys(queries, { ownerId, id, at: steadyTime() }),
    )
    keys.learn(changes)
    if (changes.length === 0) throw new RiachoError('NOT_FOUND')
  }

  /** Deletes the rows of keys that ended long ago. */
  async function sweep(): Promise<void> {
    const endedBefore = steadyTime() - KEPT_AFTER_END
    while (await database.write('process', queries => deleteSomeEndedKeys(queries, endedBefore)))
      await setImmediate()
  }

  return { list, create, revoke, sweep }
}

function keyOf({ id, name, scope, created_at, used_at, expires_at }: ApiKeyRow): ApiKey {
  return { id, name, scope, createdAt: created_at, usedAt: used_at, expiresAt: expires_at }
}
