import { RiachoError } from '../../protocol/errors.ts'
import { bytesOfFiles, countedBytesOf } from '../database/files/files.ts'
import type { Queries } from '../database/schema.ts'

/** What the server takes, in bytes. */
export interface FileLimits {
  /** One file that is no picture. */
  file: number
  /** One picture. */
  image: number
  /** All files of one owner, with the texts of documents and 1,000 bytes for each file. 0: no limit. */
  owner: number
}

/** The most bytes of one file of this type. */
export function mostBytesOf(mediaType: string, limits: FileLimits): number {
  return mediaType.startsWith('image/') ? limits.image : limits.file
}

interface NewBytes {
  ownerId: string
  size: number
  textBytes?: number
  /** The id of the file, if the owner has it already. */
  besides?: string
}

/** Whether the owner may have a file of this size besides the others. */
export async function hasRoomForFile(
  queries: Queries,
  added: NewBytes,
  limits: FileLimits,
): Promise<boolean> {
  if (limits.owner === 0) return true
  return (await bytesOfFiles(queries, added)) + countedBytesOf(added) <= limits.owner
}

/** Throws `QUOTA_EXCEEDED` unless the owner may have a file of this size too. */
export async function requireRoomForFile(
  queries: Queries,
  added: NewBytes,
  limits: FileLimits,
): Promise<void> {
  if (!(await hasRoomForFile(queries, added, limits))) throw new RiachoError('QUOTA_EXCEEDED')
}
