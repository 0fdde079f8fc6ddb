import { randomUUID } from 'node:crypto'
import { RiachoError } from '../../protocol/errors.ts'
import type { BegunFileResponse } from '../../protocol/fileResponses.ts'
import { MIN_PIECE_BYTES } from '../../protocol/limits.ts'
import type { BeginFileRequest } from '../../protocol/requests.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import type { Database } from '../database/database.ts'
import { appendPiece, type FileFacts, findFile, insertFile } from '../database/files/files.ts'
import { insertTrash } from '../database/files/fileTrash.ts'
import type { BlobStore } from './blobStore.ts'
import { type FileLimits, mostBytesOf, requireRoomForFile } from './fileLimits.ts'
import { piecesOf, UNCLAIMED_FOR } from './fileNames.ts'

const HOUR = 60 * 60 * 1000

export interface UploadOptions {
  database: Database
  store: BlobStore
  limits: FileLimits
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  createId: () => string
}

/** Takes files piece by piece. Each piece is in the store before it counts, so that any node can take the next one. */
export function createUploads({ database, store, limits, steadyTime, createId }: UploadOptions) {
  /** Begins a file. Throws `FILE_TOO_LARGE`, `QUOTA_EXCEEDED`. */
  async function begin(ownerId: string, request: BeginFileRequest): Promise<BegunFileResponse> {
    const { name, size, mediaType } = request
    if (size > mostBytesOf(mediaType, limits)) throw new RiachoError('FILE_TOO_LARGE')
    const id = createId()
    await database.writeFor(ownerId, 'power', async queries => {
      await requireRoomForFile(queries, { ownerId, size }, limits)
      const now = steadyTime()
      // An hour later than the file itself, because a piece may still be on its way then.
      const last = now + UNCLAIMED_FOR + HOUR
      await insertTrash(queries, { stored_as: piecesOf(id), due_at: last, ends_at: last })
      await insertFile(queries, {
        id,
        owner_id: ownerId,
        name,
        media_type: mediaType,
        size,
        state: 'uploading',
        received: 0,
        attempts: 0,
        looked_at: null,
        code: null,
        stored_as: null,
        width: null,
        height: null,
        pages: null,
        tokens: null,
        created_at: now,
        due_at: now + UNCLAIMED_FOR,
        text_bytes: 0,
      })
    })
    return { fileId: id, offset: 0 }
  }

  /**
   * Adds a piece that begins at `offset`. Gives the file with it. Throws `NOT_FOUND`, `INVALID_REQUEST`, and
   * `OFFSET_MISMATCH` if the file ends elsewhere.
   */
  async function append(key: OwnedId, offset: number, bytes: Uint8Array): Promise<FileFacts> {
    const file = await findFile(database.queries, key)
    requirePlace(file, offset)
    const rest = file.size - offset
    if (bytes.length > rest) throw refused('is longer than the rest of the file')
    if (bytes.length < Math.min(MIN_PIECE_BYTES, rest))
      throw refused(`has less than ${MIN_PIECE_BYTES} bytes, and is not the rest of the file`)
    // Not the offset alone, because the same piece may come twice at once.
    const name = `${piecesOf(key.id)}${offset}-${randomUUID()}`
    await store.put(name, bytes)
    const piece = { file_id: key.id, position: offset, stored_as: name, size: bytes.length }
    const isTaken = await database.write('process', queries =>
      appendPiece(queries, { piece, ownerId: key.ownerId }),
    )
    if (!isTaken) {
      await store.remove(name)
      requirePlace(await findFile(database.queries, key), offset)
      throw new RiachoError('STORAGE_UNAVAILABLE', 'a piece was not taken')
    }
    return { ...file, received: offset + bytes.length }
  }

  return { begin, append }
}

function requirePlace(file: FileFacts | undefined, offset: number): asserts file is FileFacts {
  if (!file) throw new RiachoError('NOT_FOUND')
  if (file.received === offset && file.received < file.size && file.state === 'uploading') return
  throw new RiachoError('OFFSET_MISMATCH', 'a piece of another place', { offset: file.received })
}

function refused(issue: string): RiachoError {
  return new RiachoError('INVALID_REQUEST', issue, { issues: [`body: ${issue}`] })
}
