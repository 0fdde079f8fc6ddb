import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import { KEY_PREFIX } from '../../protocol/keys.ts'
import { findAccount } from '../database/accounts/accounts.ts'
import { touchKey } from '../database/apiKeys.ts'
import type { Database } from '../database/database.ts'
import type { ApiKeyRow } from '../database/schema.ts'
import { bearerOf } from './bearer.ts'
import type { Authenticator } from './caller.ts'
import type { KnownKeys } from './knownTokens.ts'
import { noteUse } from './noteUse.ts'
import type { RequestFacts } from './requestFacts.ts'
import type { SessionOptions } from './sessions.ts'
import { createToken, hashOf, isToken } from './sessionToken.ts'

/** A new secret of a key: the prefix and 32 random bytes. */
export function createKeySecret(): string {
  return KEY_PREFIX + createToken()
}

export interface ApiKeyOptions {
  database: Pick<Database, 'queries' | 'write'>
  known: KnownKeys
  /** As `SessionOptions.visitors`. For `readers` a key is good only if its owner has an account. */
  visitors: SessionOptions['visitors']
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  logger: Logger
}

/**
 * Identifies the owner of an API key in `Authorization: Bearer`. Every bearer with the prefix of a key is decided here, so
 * that a wrong key never becomes a visitor. Whatever is wrong with it, the answer is the same: `UNAUTHENTICATED`. Other
 * requests are left to the next authenticator.
 */
export function createApiKeys({
  database,
  known,
  visitors,
  steadyTime,
  logger,
}: ApiKeyOptions): Authenticator {
  return {
    decidesAlone: request => secretIn(request) !== undefined,
    async identify(request) {
      const secret = secretIn(request)
      if (secret === undefined) return null
      const isKey = isToken(secret.slice(KEY_PREFIX.length))
      const { token } = isKey ? await known.find(hashOf(secret)) : {}
      if (!token || !(await mayComeIn(token.row))) throw new RiachoError('UNAUTHENTICATED')
      noteUse(token, { steadyTime, logger }, at => note(token, at))
      const { owner_id: ownerId, id: keyId, scope } = token.row
      return { identity: { ownerId, kind: 'key', keyId, scope } }
    },
  }

  async function mayComeIn({ owner_id: ownerId }: ApiKeyRow): Promise<boolean> {
    return visitors === 'everybody' || (await findAccount(database.queries, { ownerId })) !== undefined
  }

  async function note(token: { row: ApiKeyRow }, at: number): Promise<void> {
    await database.write('process', queries => touchKey(queries, { tokenHash: token.row.token_hash, at }))
    token.row = { ...token.row, used_at: at }
  }
}

function secretIn(request: RequestFacts): string | undefined {
  const bearer = bearerOf(request)
  return bearer?.startsWith(KEY_PREFIX) ? bearer : undefined
}
