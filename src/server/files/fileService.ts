import { ERROR_MESSAGES } from '../../protocol/errorMessages.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type {
  BegunFileResponse,
  FileDetails,
  FileResponse,
  PassageResponse,
  PieceResponse,
} from '../../protocol/fileResponses.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { DocumentFile } from '../../protocol/parts.ts'
import type { BeginFileRequest } from '../../protocol/requests.ts'
import { within } from '../clock.ts'
import type { OwnedId } from '../conversations/ownedId.ts'
import { type FileFacts, findFile } from '../database/files/files.ts'
import { releaseFile, releaseFiles } from '../database/files/messageFiles.ts'
import { listPassages } from '../database/files/passages.ts'
import type { Queries } from '../database/schema.ts'
import type { FileReader } from '../generation/fileReader.ts'
import { readWhole } from './blobStore.ts'
import { createFileSweep } from './fileSweep.ts'
import { FileFinisher, type FinishOptions } from './finishFiles.ts'
import type { DocumentThread } from './reading/documentThread.ts'
import { documentTools } from './searching/documentTools.ts'
import { createUploads } from './uploads.ts'

/** How long the answer to the last piece waits until it is known what the file is, in milliseconds. */
const PATIENCE = 25_000

export interface FileServiceOptions extends Omit<FinishOptions, 'emptyTrash'> {
  documents: DocumentThread
  createId: () => string
}

/** A file that is ready, while it is read. */
export interface FileReading {
  name: string
  mediaType: string
  size: number
  content: AsyncIterable<Uint8Array>
}

export type FileService = ReturnType<typeof createFileService>

/** Files of owners: uploaded in pieces, looked at, given back, and erased once nobody has them. */
export function createFileService(options: FileServiceOptions) {
  const { database, store, clock, documents } = options
  const uploads = createUploads(options)
  const { hasDue, eraseDue, emptyTrash } = createFileSweep(options)
  const finisher = new FileFinisher({ ...options, emptyTrash })

  /** Begins an upload. Throws `FILE_TOO_LARGE`, `QUOTA_EXCEEDED`. */
  function begin(ownerId: string, request: BeginFileRequest): Promise<BegunFileResponse> {
    return uploads.begin(ownerId, request)
  }

  /**
   * Takes a piece. With the last one, waits a while until it is known what the file is. Throws `NOT_FOUND`, `INVALID_REQUEST`,
   * `OFFSET_MISMATCH`, and `STORAGE_UNAVAILABLE` if the piece cannot be kept.
   */
  async function append(
    key: OwnedId,
    { offset, bytes, locale }: { offset: number; bytes: Uint8Array; locale: Locale },
  ): Promise<PieceResponse> {
    const file = await uploads.append(key, offset, bytes)
    if (file.received < file.size) return { offset: file.received, file: detailsOf(file, locale) }
    await within(PATIENCE, clock, finisher.finish(file))
    return { offset: file.received, file: detailsOf(await find(key), locale) }
  }

  /** Throws `NOT_FOUND`. */
  async function details(key: OwnedId, locale: Locale): Promise<FileResponse> {
    return { file: detailsOf(await find(key), locale) }
  }

  /** How many bytes have come. Throws `NOT_FOUND`. */
  async function offset(key: OwnedId): Promise<number> {
    return (await find(key)).received
  }

  /** Opens a file that is ready. Throws `NOT_FOUND`. */
  async function open(key: OwnedId): Promise<FileReading> {
    return openContent(await find(key))
  }

  /** As `open`, for a file that a share has. */
  async function openContent(file: FileFacts): Promise<FileReading> {
    const { name, media_type: mediaType, size, stored_as } = file
    const content = stored_as === null ? undefined : await store.get(stored_as)
    if (!content) throw new RiachoError('NOT_FOUND')
    return { name, mediaType, size, content }
  }

  /** A passage of a document. Throws `NOT_FOUND`. */
  async function passage({ id, ownerId }: OwnedId, place: number): Promise<PassageResponse> {
    const [found] = await listPassages(database.queries, { id, ownerId, from: place, limit: 1 })
    const file = await find({ id, ownerId })
    if (found?.place !== place) throw new RiachoError('NOT_FOUND')
    const { page, section, text } = found
    const { name, media_type: mediaType } = file
    return {
      passage: {
        fileId: id,
        place,
        name,
        mediaType,
        ...(page !== null && { page }),
        ...(section !== null && { section }),
        text,
      },
    }
  }

  /** Deletes a file at once. Bytes that the store cannot remove now go with a sweep. Throws `NOT_FOUND`, `FILE_IN_USE`. */
  async function remove(key: OwnedId): Promise<void> {
    await database.writeFor(key.ownerId, 'power', async queries => {
      const released = await releaseFile(queries, key)
      if (released === 'unknown') throw new RiachoError('NOT_FOUND')
      if (released === 'in-use') throw new RiachoError('FILE_IN_USE')
    })
    await eraseDue()
  }

  /** Finishes and erases what dead processes left, and erases what is due. */
  async function sweep(): Promise<void> {
    await finisher.finishLeft()
    await store.tidy()
    await eraseDue()
  }

  async function find(key: OwnedId): Promise<FileFacts> {
    const file = await findFile(database.queries, key)
    if (!file) throw new RiachoError('NOT_FOUND')
    return file
  }

  const reader: FileReader = {
    async read(id, ownerId) {
      const file = await findFile(database.queries, { id, ownerId })
      const bytes = file?.stored_as ? await readWhole(store, file.stored_as) : undefined
      return file && bytes && { mediaType: file.media_type, bytes }
    },
  }

  return {
    begin,
    append,
    details,
    offset,
    open,
    openContent,
    passage,
    remove,
    sweep,
    hasDue,
    eraseDue,
    /** Lets go of all files of an owner. They are erased once no message has them. */
    release: (queries: Queries, ownerId: string) => releaseFiles(queries, ownerId),
    reader,
    /** By which a model reads these documents. */
    toolsFor: (documents: readonly DocumentFile[]) => documentTools(database, documents),
    /** Leaves what is being read, and what waits for it, to the next process. */
    async close(): Promise<void> {
      await Promise.all([finisher.close(), documents.close()])
    },
  }
}

/** The answer does not say whether a message uses the file; no client needs it. */
function detailsOf(file: FileFacts, locale: Locale): FileDetails {
  const { id: fileId, name, media_type: mediaType, size, state, received, code } = file
  const { width, height, pages, tokens } = file
  return {
    fileId,
    name,
    mediaType,
    size,
    state: state === 'uploading' && received === size ? 'reading' : state,
    ...(code !== null && { code, message: ERROR_MESSAGES[locale][code] }),
    ...(width !== null && { width }),
    ...(height !== null && { height }),
    ...(pages !== null && { pages }),
    ...(tokens !== null && { tokens }),
  }
}
