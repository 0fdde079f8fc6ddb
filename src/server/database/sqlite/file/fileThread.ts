import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Erasure } from '../../database.ts'

/** What a try to move the write-ahead log found. */
export interface LogState {
  /** The bytes of the log. Its file can be longer, because SQLite begins the log anew within it. */
  bytes: number
  /** Whether another process reads or moves the log, so that not all was done. */
  isHeld: boolean
}

/** How to begin the write-ahead log anew. */
export interface RestartOptions {
  /** Whether to wait for other processes. Riacho's own reads are waited for in any case. */
  waits: boolean
  /** Whether to give back the space of the log's file. */
  truncates: boolean
}

/** Work on the file of a database that would stop the event loop. */
export type FileWork =
  /** Moves the write-ahead log to the file, except for what another process still reads. Writes may go on meanwhile. */
  | { what: 'move-log' }
  /** As `move-log`, and has the next write begin the log anew. Writes wait meanwhile. */
  | ({ what: 'restart-log' } & RestartOptions)
  /** As `restart-log`, waits for readers, and leaves the log empty. Throws while another process reads the database. */
  | { what: 'truncate-log' }
  /** Writes all that the database holds to new pages, so that no page keeps anything else. Then truncates the log. */
  | { what: 'rewrite' }
  /** Erases one slice of a conversation, in one transaction. */
  | ({ what: 'erase' } & Erasure)

/** What each work returns. */
export interface FileWorkResults {
  'move-log': LogState
  'restart-log': LogState
  'truncate-log': undefined
  rewrite: undefined
  erase: undefined
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

// The package has JavaScript in place of TypeScript.
const SCRIPT = new URL(`./fileWorker${extname(import.meta.url)}`, import.meta.url)

/**
 * A thread for work on the file of a database, on a connection of its own. `script` is what the thread runs.
 *
 * - **absent**: no work was asked for yet, or the thread died. The next work starts one.
 * - **at work**: one work is under way, and the others wait for it. The process stays alive.
 * - **idle**: the thread waits for work. The process may end.
 * - **dying**: the thread threw, and has not ended. Then its connection can still hold a lock of SQLite. So the work under
 *   way fails only once the thread has ended, and the next work waits until then.
 */
export function createFileThread(file: string, script = SCRIPT): FileThread {
  /** `undefined` while the thread is absent or dying. */
  let worker: Worker | undefined
  /** Resolves once the last thread has ended. */
  let ended: Promise<void> = Promise.resolve()
  let free: Promise<unknown> = Promise.resolve()

  async function ask(work: object): Promise<unknown> {
    if (!worker) {
      await ended
      worker = start()
    }
    const asked = worker
    asked.ref()
    const answer = await new Promise<FileWorkAnswer>((resolve, reject) => {
      let reason: unknown = new Error('the thread of the database file ended')
      const threw = (error: unknown) => {
        reason = error
      }
      const died = () => reject(reason)
      asked.once('error', threw).once('exit', died)
      asked.once('message', (message: FileWorkAnswer) => {
        asked.off('error', threw).off('exit', died)
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
    const started = new Worker(script, options)
    const forget = () => {
      if (worker === started) worker = undefined
    }
    started.on('error', forget).once('exit', forget)
    ended = new Promise(resolve => started.once('exit', () => resolve()))
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
      await ended
    },
  }
}
