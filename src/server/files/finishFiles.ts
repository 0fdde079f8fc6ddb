import type { Logger } from 'pino'
import { type Clock, repeat, type Timer } from '../clock.ts'
import type { Database } from '../database/database.ts'
import {
  countAttempt,
  type FileFacts,
  forgetAttempt,
  listComplete,
  listPieces,
  type Outcome,
  renewLook,
  settleFile,
} from '../database/files/files.ts'
import { hastenTrash } from '../database/files/fileTrash.ts'
import { deletePassages } from '../database/files/passages.ts'
import type { Queries } from '../database/schema.ts'
import { logFault } from '../logFault.ts'
import { tokensIn } from '../spending/estimates.ts'
import { type BlobStore, readWhole } from './blobStore.ts'
import { FairTurns } from './fairTurns.ts'
import { type FileLimits, hasRoomForFile, mostBytesOf } from './fileLimits.ts'
import { piecesOf, UNCLAIMED_FOR } from './fileNames.ts'
import { FileProblem } from './fileProblem.ts'
import { type DocumentText, keepText } from './keepText.ts'
import type { DocumentThread } from './reading/documentThread.ts'
import type { ReadImageFile } from './reading/readImage.ts'
import { imageTypeOf } from './reading/recognise.ts'
import { type PutContent, putContent, takeContent } from './storedContent.ts'

/** A file that a process died of so often is not looked at again. */
const MOST_ATTEMPTS = 5
/** How many files are looked at at once. */
const AT_ONCE = 2
/** How many files one look finishes. */
const PAGE = 20
/** How long after a fault a file is looked at again, in milliseconds. */
const RETRY_AFTER = 5000
/** How long after its last word a process counts as one that looks at a file no more, in milliseconds. */
const LOOK_LASTS = 30_000
/** How often a process says that it still looks, in milliseconds. */
const RENEW_INTERVAL = 10_000

export interface FinishOptions {
  database: Database
  store: BlobStore
  limits: FileLimits
  /** Removes from the store what is due to go. */
  emptyTrash: () => Promise<void>
  readImage: ReadImageFile
  documents: Pick<DocumentThread, 'read'>
  clock: Clock
  /** As `createSteadyTime` makes it. */
  steadyTime: () => number
  logger: Logger
}

type ReadyOutcome = Extract<Outcome, { state: 'ready' }>

/** What a file holds, and what is stored of it. */
interface Content {
  bytes: Uint8Array
  facts: Omit<ReadyOutcome, 'state' | 'stored_as' | 'size'>
  text: DocumentText
}

const NO_TEXT: DocumentText = { passages: [], words: [] }
const NO_FACTS = { width: null, height: null, pages: null, tokens: null, text_bytes: 0 }

/**
 * Finds out what complete files are, and stores that. Until then the pieces stay, so that after the death of a process another one
 * does it again. Of several nodes one looks at a time. Should two do so, because one was frozen, the first one decides.
 */
export class FileFinisher {
  readonly #options: FinishOptions
  readonly #underWay = new Map<string, Promise<boolean>>()
  readonly #retries = new Set<Timer>()
  /** Few at once, because each has all its bytes in memory. */
  readonly #turns = new FairTurns(AT_ONCE)
  #isClosed = false

  constructor(options: FinishOptions) {
    this.#options = options
  }

  /** Resolves once it is known what the file is, or a fault is in the way. Then it tries again soon. */
  async finish(file: FileFacts): Promise<void> {
    if ((await this.#tryToFinish(file)) || this.#isClosed) return
    const timer = this.#options.clock.schedule(() => {
      this.#retries.delete(timer)
      void this.#tryToFinish(file)
    }, RETRY_AFTER)
    this.#retries.add(timer)
  }

  /** Finishes what dead processes left, and what faults were in the way of. */
  async finishLeft(): Promise<void> {
    const { queries } = this.#options.database
    const files = await listComplete(queries, { leftBefore: this.#leftBefore(), limit: PAGE })
    await Promise.all(files.filter(({ id }) => !this.#underWay.has(id)).map(file => this.#tryToFinish(file)))
  }

  /** Begins no other file, so that the end of the process never counts against one. Resolves once nothing is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#retries) this.#options.clock.cancel(timer)
    await Promise.allSettled(this.#underWay.values())
  }

  /** False if a fault was in the way. */
  #tryToFinish(file: FileFacts): Promise<boolean> {
    const known = this.#underWay.get(file.id)
    if (known) return known
    const done = this.#turns
      .take(file.owner_id, () => this.#finish(file))
      .then(
        () => true,
        (error: unknown) => {
          const message = 'a file could not be read'
          // What closing ended is no fault.
          if (!this.#isClosed) logFault(this.#options.logger, error, { message, fileId: file.id })
          return false
        },
      )
      .finally(() => this.#underWay.delete(file.id))
    this.#underWay.set(file.id, done)
    return done
  }

  async #finish(file: FileFacts): Promise<void> {
    if (this.#isClosed) return
    const { database, steadyTime } = this.#options
    const which = { id: file.id, now: steadyTime(), leftBefore: this.#leftBefore() }
    const attempts = await database.write('power', queries => countAttempt(queries, which))
    if (attempts === undefined) return
    const renewal = this.#renew(file.id)
    try {
      await this.#look(file, attempts)
    } finally {
      await renewal?.stop()
    }
  }

  async #look(file: FileFacts, attempts: number): Promise<void> {
    try {
      if (attempts > MOST_ATTEMPTS) throw new FileProblem('FILE_UNREADABLE')
      await this.#keep(file, await this.#read(file))
    } catch (error) {
      if (!(error instanceof FileProblem)) {
        // Only what the process died of counts.
        await this.#options.database.write('process', queries => forgetAttempt(queries, file.id))
        throw error
      }
      await this.#settle(file, { state: 'refused', code: error.code })
    }
  }

  /** Whose last word is older looks no more. Where the database is a file of this process, nobody else looks. */
  #leftBefore(): number {
    const { database, steadyTime } = this.#options
    return database.file ? Number.MAX_SAFE_INTEGER : steadyTime() - LOOK_LASTS
  }

  /** Keeps other nodes from looking too. */
  #renew(id: string): { stop(): Promise<void> } | undefined {
    const { database, clock, steadyTime, logger } = this.#options
    if (database.file) return undefined
    return repeat(RENEW_INTERVAL, clock, () =>
      database
        .write('process', queries => renewLook(queries, { id, now: steadyTime() }))
        .catch((error: unknown) =>
          logFault(logger, error, { message: 'a look at a file could not be renewed', fileId: id }),
        ),
    )
  }

  async #read(file: FileFacts): Promise<Content> {
    const { documents, readImage, limits } = this.#options
    const bytes = await this.#bytesOf(file)
    const type = await imageTypeOf(bytes)
    if (bytes.length > mostBytesOf(type ?? '', limits)) throw new FileProblem('FILE_TOO_LARGE')
    if (type !== undefined) {
      const { bytes: made, mediaType, width, height } = await readImage(bytes, type)
      const facts = { ...NO_FACTS, media_type: mediaType, width, height }
      return { bytes: made, facts, text: NO_TEXT }
    }
    // A copy, because the thread takes it.
    const question = { bytes: new Uint8Array(bytes), name: file.name }
    const { mediaType: media_type, pages, ...text } = await documents.read(question)
    const sum = (lengthOf: (text: string) => number) =>
      text.passages.reduce((whole, { text }) => whole + lengthOf(text), 0)
    const tokens = tokensIn(sum(text => text.length))
    const facts = { ...NO_FACTS, media_type, text_bytes: sum(Buffer.byteLength), pages, tokens }
    return { bytes, facts, text }
  }

  async #bytesOf({ id }: FileFacts): Promise<Buffer> {
    const { database, store } = this.#options
    const pieces: Buffer[] = []
    for (const { stored_as } of await listPieces(database.queries, id)) {
      const piece = await readWhole(store, stored_as)
      if (!piece) throw new FileProblem('FILE_UNREADABLE')
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  async #keep(file: FileFacts, { bytes, facts, text }: Content): Promise<void> {
    const { database } = this.#options
    await keepText(database, { fileId: file.id, text, isClosed: () => this.#isClosed })
    const put = await putContent(this.#options, bytes)
    await this.#settle(file, { ...facts, state: 'ready', size: bytes.length, stored_as: put.name }, put)
  }

  /** Decides what the file is, unless somebody else has. Its pieces go, and so do bytes that are stored already. */
  async #settle(file: FileFacts, outcome: Outcome, put?: PutContent): Promise<void> {
    const { database, emptyTrash, steadyTime, logger } = this.#options
    const { id, owner_id } = file
    const isRefused = await database.writeFor(owner_id, 'power', async queries => {
      const isReady =
        outcome.state === 'ready' && put && (await this.#settleReady(queries, file, { outcome, put }))
      if (outcome.state === 'refused') await this.#settleAs(queries, id, outcome)
      await hastenTrash(queries, piecesOf(id))
      return !isReady
    })
    if (isRefused) while (await database.erase(steadyTime(), queries => deletePassages(queries, id))) {}
    // What cannot be removed now goes with a sweep.
    await emptyTrash().catch((error: unknown) =>
      logFault(logger, error, { message: 'pieces of a file could not be removed', fileId: id }),
    )
  }

  /** False if there is no room for it. */
  async #settleReady(
    queries: Queries,
    { id, owner_id: ownerId }: FileFacts,
    { outcome, put }: { outcome: ReadyOutcome; put: PutContent },
  ): Promise<boolean> {
    const { size, text_bytes: textBytes } = outcome
    // A picture may have become larger than it came, and the text of a document comes on top.
    const stored = { ownerId, size, textBytes, besides: id }
    if (!(await hasRoomForFile(queries, stored, this.#options.limits))) {
      await this.#settleAs(queries, id, { state: 'refused', code: 'QUOTA_EXCEEDED' })
      await hastenTrash(queries, put.name)
      return false
    }
    await takeContent(queries, put, stored_as => this.#settleAs(queries, id, { ...outcome, stored_as }))
    return true
  }

  #settleAs(queries: Queries, id: string, outcome: Outcome): Promise<boolean> {
    return settleFile(queries, { id, outcome, dueAt: this.#options.steadyTime() + UNCLAIMED_FOR })
  }
}
