import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** Which deleted conversations to erase, and when that happens by the steady time. */
export interface Erasure {
  deletedBefore: number
  /** If absent, those of all owners. */
  ownerId?: string | undefined
  at: number
}

/** How many frames the write-ahead log has, and how many of them are in the file. */
export interface LogState {
  frames: number
  moved: number
}

/** Work on the file of a database that would stop the event loop. */
export type FileWork =
  /** Moves the write-ahead log to the file, except for what another process still reads. Writes may go on meanwhile. */
  | { what: 'move-log' }
  /** As `move-log`, and waits for readers for a moment, so that the next write begins the log anew. */
  | { what: 'restart-log' }
  /** As `restart-log`, and leaves the log empty. Throws while another process reads the database. */
  | { what: 'truncate-log' }
  /** Writes all that the database holds to new pages, so that no page keeps anything else. Then truncates the log. */
  | { what: 'rewrite' }
  /** Erases one slice of the conversations that are to be erased, in one transaction. */
  | ({ what: 'erase' } & Erasure)

/** What each work returns. `erase`: as `eraseSlice`, or `undefined` if nothing is left to erase. */
export interface FileWorkResults {
  'move-log': LogState
  'restart-log': LogState
  'truncate-log': undefined
  rewrite: undefined
  erase: string[] | undefined
}

export type WorkOf<What extends FileWork['what']> = Extract<FileWork, { what: What }>

/** What the thread answers. `errcode` is that of SQLite. */
export type FileWorkAnswer = { result: unknown } | { message: string; errcode: unknown }

export interface FileThread {
  /** Throws what the work throws, with the `errcode` of SQLite. One work at a time. */
  do<What extends FileWork['what']>(work: WorkOf<What>): Promise<FileWorkResults[What]>
  /** Resolves once the work under way is done and the thread has ended. */
  close(): Promise<void>
}

/**
 * A thread for work on the file of a database, on a connection of its own. It starts with the first work. If it dies, the
 * work under way fails, and the next work starts another one.
 */
export function createFileThread(file: string): FileThread {
  let worker: Worker | undefined
  let free: Promise<unknown> = Promise.resolve()

  async function ask(work: object): Promise<unknown> {
    worker ??= start()
    const asked = worker
    asked.ref()
    const answer = await new Promise<FileWorkAnswer>((resolve, reject) => {
      const died = () => reject(new Error('the thread of the database file ended'))
      asked.once('error', reject).once('exit', died)
      asked.once('message', (message: FileWorkAnswer) => {
        asked.off('error', reject).off('exit', died)
        resolve(message)
      })
      asked.postMessage(work)
    })
    asked.unref()
    if ('result' in answer) return answer.result
    throw Object.assign(new Error(answer.message), { errcode: answer.errcode })
  }

  function start(): Worker {
    // A thread inherits the flags of Node. What they load, as `--import` does, is for the server alone.
    const options = { workerData: file, execArgv: [] }
    // The package has JavaScript in place of TypeScript.
    const started = new Worker(new URL(`./fileWorker${extname(import.meta.url)}`, import.meta.url), options)
    started.on('error', () => {})
    started.once('exit', () => {
      if (worker === started) worker = undefined
    })
    return started
  }

  return {
    do<What extends FileWork['what']>(work: WorkOf<What>) {
      const done = free.then(() => ask(work)) as Promise<FileWorkResults[What]>
      free = done.catch(() => {})
      return done
    },
    async close() {
      await free
      await worker?.terminate()
    },
  }
}
