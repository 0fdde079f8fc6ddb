import type {
  BegunFileResponse,
  FileDetails,
  FileResponse,
  PieceResponse,
} from '../../../protocol/fileResponses.ts'
import { MAX_BODY_BYTES, PIECE_TYPE } from '../../../protocol/limits.ts'
import type { StoredFile } from '../../../protocol/parts.ts'
import { PATHS } from '../../../protocol/paths.ts'
import {
  type ApiResult,
  callApi,
  type Failure,
  jsonOf,
  type Refusal,
  request,
  requestInit,
} from '../../api.ts'
import type { Browser } from '../../browser.ts'
import { delayAfter } from '../../streams/runStream.ts'
import type { Upload } from '../chatState.ts'

/** A file of the browser. */
export interface UploadSource {
  name: string
  /** In bytes; more than 0. */
  size: number
  mediaType: string
  /** The bytes between two offsets. Rejects if the file is gone, or has changed since it was chosen. */
  bytes(from: number, to: number): Promise<ArrayBuffer>
}

/** How an upload ended. The failure of one that was given up means nothing. */
export type UploadEnd = { file: StoredFile } | { failure: Failure }

/** What an upload needs besides its state. */
export interface UploadWork {
  source: UploadSource
  /** Set while it has its turn. */
  job: UploadJob | null
}

export interface UploadJobOptions {
  browser: Browser
  source: UploadSource
  onProgress(progress: Pick<Upload, 'sent' | 'state'>): void
}

const FIRST_PIECE = 256 * 1024
/** A proxy passes a piece on once it is whole, so pieces get smaller while the network cuts them. */
const SMALLEST_PIECE = 32 * 1024
/** A piece that takes less time than this is followed by a larger one, in milliseconds. */
const QUICK = 2_000
const LONGEST_DELAY = 15_000
/** Between two questions whether the server knows what the file is, in milliseconds. */
const ASK_AGAIN_DELAY = 2_000
/** How often an upload begins again because the server no longer has its file. */
const MAX_RESTARTS = 2

/** Refusals after which the same request may succeed. */
const PASSING: ReadonlySet<Failure> = new Set<Failure>([
  'UNREACHABLE',
  'SHUTTING_DOWN',
  'STORAGE_UNAVAILABLE',
  'RATE_LIMITED',
])

/**
 * Uploads one file in pieces, over any number of cuts, and waits until the server knows what it is. After a cut it asks
 * how much the server keeps, and goes on from there.
 */
export class UploadJob {
  readonly #options: UploadJobOptions
  #fileId: string | undefined
  /** What the server keeps. `undefined`: it has to be asked. */
  #offset: number | undefined
  #sent = 0
  #piece = FIRST_PIECE
  #largest = MAX_BODY_BYTES
  #failures = 0
  #restarts = 0
  readonly #abort = new AbortController()
  #endWait = () => {}

  constructor(options: UploadJobOptions) {
    this.#options = options
  }

  /** Resolves with how it ended. Never rejects. */
  async run(): Promise<UploadEnd> {
    for (;;) {
      const end = await this.#step()
      if (this.#abort.signal.aborted) {
        this.#deleteFile()
        return { failure: 'UNREACHABLE' }
      }
      if (end) return end
    }
  }

  /** Ends it, and deletes what the server has of it. */
  cancel(): void {
    this.#abort.abort()
    this.#endWait()
  }

  /** The network may be back. */
  wake(): void {
    this.#endWait()
  }

  #step(): Promise<UploadEnd | undefined> {
    if (this.#fileId === undefined) return this.#begin()
    if (this.#offset === undefined) return this.#askOffset(this.#fileId)
    return this.#offset < this.#options.source.size
      ? this.#sendPiece(this.#fileId, this.#offset)
      : this.#askDetails(this.#fileId)
  }

  async #begin(): Promise<UploadEnd | undefined> {
    const { browser, source } = this.#options
    const { name, size, mediaType } = source
    const body = { name, size, mediaType }
    const result = await callApi<BegunFileResponse>(browser, { method: 'POST', path: PATHS.files, body })
    if (!result.ok) return this.#failed(result)
    this.#fileId = result.value.fileId
    this.#offset = result.value.offset
    return this.#progress('uploading')
  }

  async #sendPiece(fileId: string, from: number): Promise<UploadEnd | undefined> {
    const { browser, source } = this.#options
    const { timers } = browser
    const to = Math.min(from + this.#piece, source.size)
    const bytes = await source.bytes(from, to).catch(() => null)
    if (!bytes) return { failure: 'FILE_UNREADABLE' }
    const init = {
      ...requestInit({ method: 'PATCH', signal: this.#abort.signal }),
      body: bytes,
      headers: { 'content-type': PIECE_TYPE, 'upload-offset': String(from) },
    }
    const began = timers.now()
    const result = await request(browser, PATHS.file(fileId), init, jsonOf<PieceResponse>)
    if (!result.ok) return this.#pieceFailed(result)
    if (timers.now() - began < QUICK) this.#piece = Math.min(this.#piece * 2, this.#largest)
    this.#offset = result.value.offset
    return this.#take(result.value.file)
  }

  #pieceFailed(refusal: Refusal): Promise<UploadEnd | undefined> | undefined {
    this.#offset = undefined
    const { failure } = refusal
    if (failure === 'OFFSET_MISMATCH') return
    const isTooLarge = failure === 'TOO_LARGE' || failure === 'FILE_TOO_LARGE'
    const isSmallest = this.#piece <= SMALLEST_PIECE
    this.#piece = Math.max(SMALLEST_PIECE, this.#piece / 2)
    // A proxy takes less than the server does.
    if (isTooLarge && !isSmallest) {
      this.#largest = this.#piece
      return
    }
    return this.#failed(refusal)
  }

  async #askOffset(fileId: string): Promise<UploadEnd | undefined> {
    const init = { ...requestInit({ method: 'GET' }), method: 'HEAD' }
    const told = (response: Response) => response.headers.get('upload-offset')
    const result = await request(this.#options.browser, PATHS.file(fileId), init, told)
    if (!result.ok) return this.#failed(result)
    // A wrong place would be asked for again at once, and for ever.
    if (result.value === null) return this.#failed({ failure: 'UNREACHABLE', retryAfter: null })
    this.#offset = Number(result.value)
    return this.#progress('uploading')
  }

  async #askDetails(fileId: string): Promise<UploadEnd | undefined> {
    const { browser } = this.#options
    const call = { method: 'GET', path: PATHS.fileDetails(fileId) } as const
    const result: ApiResult<FileResponse> = await callApi(browser, call)
    if (!result.ok) return this.#failed(result)
    const end = this.#take(result.value.file)
    if (!end) await this.#wait(ASK_AGAIN_DELAY)
    return end
  }

  #take(file: FileDetails): UploadEnd | undefined {
    if (file.state === 'ready') return { file: toStoredFile(file) }
    if (file.state === 'refused') return { failure: file.code ?? 'FILE_UNREADABLE' }
    return this.#progress(file.state)
  }

  #progress(state: 'uploading' | 'reading'): undefined {
    this.#failures = 0
    this.#sent = this.#offset ?? this.#sent
    this.#options.onProgress({ state, sent: this.#sent })
  }

  /** Waits if the next try may succeed. Resolves with the end if none can. */
  async #failed({ failure, retryAfter }: Refusal): Promise<UploadEnd | undefined> {
    if (failure === 'NOT_FOUND' && this.#fileId !== undefined && this.#restarts < MAX_RESTARTS) {
      this.#restarts++
      this.#fileId = undefined
      return
    }
    if (!PASSING.has(failure)) return { failure }
    this.#options.onProgress({ state: 'waiting', sent: this.#sent })
    const { random } = this.#options.browser
    await this.#wait(
      Math.max(delayAfter(this.#failures++, LONGEST_DELAY, random()), (retryAfter ?? 0) * 1000),
    )
  }

  async #wait(milliseconds: number): Promise<void> {
    if (this.#abort.signal.aborted) return
    await new Promise<void>(resolve => {
      const cancel = this.#options.browser.timers.set(resolve, milliseconds)
      this.#endWait = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Nobody waits for the answer: without it the server deletes the file a day later. */
  #deleteFile(): void {
    if (this.#fileId === undefined) return
    void callApi(this.#options.browser, { method: 'DELETE', path: PATHS.file(this.#fileId) })
  }
}

function toStoredFile(details: FileDetails): StoredFile {
  const { fileId, name, mediaType, size, width, height, pages, tokens } = details
  const file = { fileId, name, mediaType, size }
  if (width !== undefined && height !== undefined) return { type: 'image', ...file, width, height }
  return {
    type: 'document',
    ...file,
    ...(pages !== undefined && { pages }),
    ...(tokens !== undefined && { tokens }),
  }
}
