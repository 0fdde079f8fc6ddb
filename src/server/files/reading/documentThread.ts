import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { FileRefusal } from '../../../protocol/errors.ts'
import type { Clock, Timer } from '../../clock.ts'
import { FileProblem } from '../fileProblem.ts'
import { Turns } from '../turns.ts'
import type { ReadDocument } from './readDocument.ts'

export interface DocumentQuestion {
  bytes: Uint8Array
  name: string
}

export type DocumentAnswer = { document: ReadDocument } | { code: FileRefusal }

/** How long a document may take, in milliseconds. */
const READING_TIME = 20_000
/** The most memory of a thread for its objects. */
const RESOURCES = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }
/** By how much the memory of the process may grow meanwhile, because the limit above does not count bytes. */
const MOST_GROWTH = 600_000_000
const LOOK_INTERVAL = 100

// The package has JavaScript in place of TypeScript.
const SCRIPT = new URL(`./documentWorker${extname(import.meta.url)}`, import.meta.url)

export interface DocumentThreadOptions {
  clock: Clock
  /** Default: 20 s. */
  readingTime?: number
}

/**
 * Reads documents, one at a time, each in a thread of its own. A document may make a library loop or take all memory: then the
 * thread is ended.
 */
export class DocumentThread {
  readonly #clock: Clock
  readonly #readingTime: number
  readonly #turns = new Turns()
  #worker: Worker | undefined
  #isClosed = false

  constructor({ clock, readingTime = READING_TIME }: DocumentThreadOptions) {
    this.#clock = clock
    this.#readingTime = readingTime
  }

  /** Throws `FileProblem`, and an `Error` if it was closed before. Takes `bytes` away from the caller. */
  read(question: DocumentQuestion): Promise<ReadDocument> {
    return this.#turns.take(() => this.#ask(question))
  }

  /** Ends what is being read. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#worker?.terminate()
  }

  async #ask(question: DocumentQuestion): Promise<ReadDocument> {
    if (this.#isClosed) throw new Error('closed')
    const { bytes } = question
    const worker = new Worker(SCRIPT, {
      workerData: question,
      transferList: [bytes.buffer as ArrayBuffer],
      resourceLimits: RESOURCES,
      // A thread inherits the flags of Node and the environment, and needs neither.
      execArgv: [],
      env: {},
      stdout: true,
      stderr: true,
    })
    this.#worker = worker
    try {
      return await this.#answerOf(worker)
    } finally {
      this.#worker = undefined
      await worker.terminate()
    }
  }

  #answerOf(worker: Worker): Promise<ReadDocument> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadDocument>()
    const tooSlow = () => reject(new FileProblem('FILE_TOO_SLOW'))
    const watch = watchMemory(tooSlow)
    const timer: Timer = this.#clock.schedule(tooSlow, this.#readingTime)
    worker.once('message', (answer: DocumentAnswer) =>
      'document' in answer ? resolve(answer.document) : reject(new FileProblem(answer.code)),
    )
    worker.once('error', (error: unknown) => {
      const isFull = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
      reject(new FileProblem(isFull ? 'FILE_TOO_SLOW' : 'FILE_UNREADABLE', { cause: error }))
    })
    worker.once('exit', () =>
      reject(this.#isClosed ? new Error('closed') : new FileProblem('FILE_UNREADABLE')),
    )
    return promise.finally(() => {
      clearInterval(watch)
      this.#clock.cancel(timer)
    })
  }
}

function watchMemory(onFull: () => void): NodeJS.Timeout {
  const before = process.memoryUsage.rss()
  return setInterval(() => {
    if (process.memoryUsage.rss() - before > MOST_GROWTH) onFull()
  }, LOOK_INTERVAL)
}
