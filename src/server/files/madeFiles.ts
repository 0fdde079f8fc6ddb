import { extname } from 'node:path'
import type { Logger } from 'pino'
import { RiachoError } from '../../protocol/errors.ts'
import type { KeepFailure } from '../../protocol/madeFiles.ts'
import type { Database } from '../database/database.ts'
import {
  type FileFacts,
  findFile,
  insertFileOnce,
  replaceContent,
  toStoredFile,
} from '../database/files/files.ts'
import { hastenTrash } from '../database/files/fileTrash.ts'
import type { Queries } from '../database/schema.ts'
import type { FileKeeper, Kept, MadeFile } from '../generation/fileKeeper.ts'
import { logFault } from '../logFault.ts'
import type { BlobStore } from './blobStore.ts'
import { type FileLimits, hasRoomForFile, mostBytesOf } from './fileLimits.ts'
import { UNCLAIMED_FOR } from './fileNames.ts'
import { FileProblem } from './fileProblem.ts'
import type { ReadImageFile } from './reading/readImage.ts'
import { imageTypeOf, plainTypeOf } from './reading/recognise.ts'
import { letGoOfContent, putContent, takeContent } from './storedContent.ts'

export interface MadeFilesOptions {
  database: Database
  store: BlobStore
  limits: FileLimits
  readImage: ReadImageFile
  /** Removes from the store what is due to go. */
  emptyTrash: () => Promise<void>
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  createId: () => string
  logger: Logger
}

type Content = Pick<FileFacts, 'media_type' | 'width' | 'height'> & { bytes: Uint8Array }

const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
}

/** Stores what models and tools make, as files of the owner of their conversation. */
export function createMadeFiles(options: MadeFilesOptions): FileKeeper {
  const { limits, createId, logger } = options
  return {
    createId,
    mostBytes: Math.max(limits.file, limits.image),
    async keep(made) {
      try {
        return await keep(options, made)
      } catch (error) {
        if (error instanceof FileProblem) return { code: error.code }
        const isGone = error instanceof RiachoError && error.code === 'NOT_FOUND'
        if (!isGone) logFault(logger, error, { message: 'a file of a reply could not be stored' })
        return { code: 'STORAGE_UNAVAILABLE' }
      }
    },
  }
}

async function keep(options: MadeFilesOptions, made: MadeFile): Promise<Kept> {
  const { database, limits, emptyTrash, logger } = options
  const { ownerId, fileId, signal } = made
  const content = await contentOf(options, made)
  const size = content.bytes.length
  if (size > mostBytesOf(content.media_type, limits)) throw new FileProblem('FILE_TOO_LARGE')
  const put = await putContent(options, content.bytes)
  const leave = async (queries: Queries, code: KeepFailure): Promise<Kept> => {
    await hastenTrash(queries, put.name)
    return { code }
  }
  const kept = await database.writeFor(ownerId, 'power', async (queries): Promise<Kept> => {
    if (signal?.aborted) return leave(queries, 'STORAGE_UNAVAILABLE')
    if (!(await hasRoomForFile(queries, { ownerId, size, besides: fileId }, limits)))
      return leave(queries, 'QUOTA_EXCEEDED')
    await takeContent(queries, put, storedAs => store(queries, { options, made, content, storedAs }))
    const row = await findFile(queries, { id: fileId, ownerId })
    return row ? { file: toStoredFile(row) } : { code: 'STORAGE_UNAVAILABLE' }
  })
  // What cannot be removed now goes with a sweep.
  await emptyTrash().catch((error: unknown) =>
    logFault(logger, error, { message: 'bytes of a file could not be removed', fileId }),
  )
  return kept
}

/** What the bytes are, and what is stored of them. */
async function contentOf({ readImage, limits }: MadeFilesOptions, made: MadeFile): Promise<Content> {
  const { bytes, mustBeImage = false } = made
  const type = await imageTypeOf(bytes)
  if (bytes.length > mostBytesOf(type ?? '', limits)) throw new FileProblem('FILE_TOO_LARGE')
  if (type !== undefined) {
    const { bytes: read, mediaType, width, height } = await readImage(bytes, type)
    return { bytes: read, media_type: mediaType, width, height }
  }
  if (mustBeImage) throw new FileProblem('FILE_UNSUPPORTED')
  return { bytes, media_type: await plainTypeOf(bytes, made.name), width: null, height: null }
}

interface Storing {
  options: MadeFilesOptions
  made: MadeFile
  content: Content
  storedAs: string
}

/** False if the file that gets new bytes is gone. */
async function store(queries: Queries, { options, made, content, storedAs }: Storing): Promise<boolean> {
  const { fileId: id, ownerId, replaces = false } = made
  const { bytes, ...facts } = content
  const now = options.steadyTime()
  const name = namedAs(made.name, content.media_type)
  const stored = { ...facts, name, size: bytes.length, stored_as: storedAs }
  const isNew =
    !replaces &&
    (await insertFileOnce(queries, {
      ...stored,
      id,
      owner_id: ownerId,
      state: 'ready',
      received: bytes.length,
      attempts: 0,
      looked_at: null,
      code: null,
      pages: null,
      tokens: null,
      created_at: now,
      due_at: now + UNCLAIMED_FOR,
      text_bytes: 0,
    }))
  if (isNew) return true
  const before = await findFile(queries, { id, ownerId })
  if (!(await replaceContent(queries, { id, ownerId, content: stored }))) return false
  if (before?.stored_as && before.stored_as !== storedAs) await letGoOfContent(queries, before.stored_as, now)
  return true
}

/** The name with the ending of what the bytes are. */
function namedAs(name: string, mediaType: string): string {
  const ending = ENDINGS[mediaType]
  if (ending === undefined || extname(name).toLowerCase() === ending) return name
  return `${name.slice(0, name.length - extname(name).length)}${ending}`
}
