import { createToken, hashOf } from '../access/sessionToken.ts'
import type { ChallengePurpose } from '../database/accounts/accountRows.ts'
import { findToken, insertToken, spendToken } from '../database/accounts/accountTokens.ts'
import type { Database } from '../database/database.ts'

/** How long a person may take, in milliseconds. */
export const CHALLENGE_LIFETIME = 5 * 60_000

/** What a challenge is for. `accountId` is `null` until the passkey says whose it is. */
interface Use {
  purpose: ChallengePurpose
  accountId: string | null
}

export interface PasskeyChallenges {
  create(use: Use): Promise<Uint8Array<ArrayBuffer>>
  /** Uses a challenge, as base64url. False if it is not for this, if it was used, or if it has expired. */
  spend(challenge: string, use: Use): Promise<boolean>
}

/** Keeps the hashes of challenges in the database, so that any node takes the answer, once. */
export function createPasskeyChallenges({
  database,
  steadyTime,
}: {
  database: Pick<Database, 'write'>
  steadyTime: () => number
}): PasskeyChallenges {
  return {
    async create({ purpose, accountId }) {
      const challenge = createToken()
      const now = steadyTime()
      await database.write('power', queries =>
        insertToken(queries, {
          token_hash: hashOf(challenge),
          purpose,
          account_id: accountId,
          email: null,
          created_at: now,
          expires_at: now + CHALLENGE_LIFETIME,
          used_at: null,
        }),
      )
      return new Uint8Array(Buffer.from(challenge, 'base64url'))
    },
    spend(challenge, { purpose, accountId }) {
      const [tokenHash, now] = [hashOf(challenge), steadyTime()]
      return database.write('power', async queries => {
        const found = await findToken(queries, { tokenHash, purposes: [purpose], now })
        return found?.account_id === accountId && (await spendToken(queries, { tokenHash, now }))
      })
    },
  }
}
