import { RiachoError } from '../../protocol/errors.ts'
import { bytesOfFiles } from '../database/files/files.ts'
import type { Queries } from '../database/schema.ts'

/** What the server takes, in bytes. */
export interface FileLimits {
  /** One file that is no picture. */
  file: number
  /** One picture. */
  image: number
  /** All files of one owner. 0: no limit. */
  owner: number
}

/** The most bytes of one file of this type. */
export function mostBytesOf(mediaType: string, limits: FileLimits): number {
  return mediaType.startsWith('image/') ? limits.image : limits.file
}

/** Throws `QUOTA_EXCEEDED` unless the owner may have a file of this size too. */
export async function requireRoomForFile(
  queries: Queries,
  { ownerId, size, limits }: { ownerId: string; size: number; limits: FileLimits },
): Promise<void> {
  if (limits.owner === 0) return
  if ((await bytesOfFiles(queries, ownerId)) + size > limits.owner) throw new RiachoError('QUOTA_EXCEEDED')
}
