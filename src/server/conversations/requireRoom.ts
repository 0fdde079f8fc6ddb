import { RiachoError } from '../../protocol/errors.ts'
import { countedBytes, type StoredRows, storedBytes } from '../database/ownerStorage.ts'
import type { Queries } from '../database/schema.ts'

/** Throws `QUOTA_EXCEEDED` unless the owner may store these rows too. */
export type RequireRoom = (queries: Queries, ownerId: string, added: StoredRows) => Promise<void>

/** `quota`: the most bytes that one owner may store. 0: no limit. */
export function createRequireRoom(quota: number): RequireRoom {
  return async (queries, ownerId, added) => {
    if (quota === 0) return
    if ((await storedBytes(queries, ownerId)) + countedBytes(added) > quota)
      throw new RiachoError('QUOTA_EXCEEDED')
  }
}
