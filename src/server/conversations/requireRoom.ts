import { RiachoError } from '../../protocol/errors.ts'
import { storedBytes } from '../database/ownerStorage.ts'
import type { Queries } from '../database/schema.ts'

/** Throws `QUOTA_EXCEEDED` unless the owner may store `bytes` more. */
export type RequireRoom = (queries: Queries, ownerId: string, bytes: number) => Promise<void>

/** `quota`: the most bytes that one owner may store. 0: no limit. */
export function createRequireRoom(quota: number): RequireRoom {
  return async (queries, ownerId, bytes) => {
    if (quota === 0) return
    if ((await storedBytes(queries, ownerId)) + bytes > quota) throw new RiachoError('QUOTA_EXCEEDED')
  }
}
