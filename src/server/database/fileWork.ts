import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { RiachoError } from '../../protocol/errors.ts'

/** Work on the file of a database that would stop the event loop. */
export interface FileWork {
  file: string
  /**
   * `rewrite`: writes all that the database holds to new pages, so that no page keeps anything else. Then truncates the
   * write-ahead log. `truncate-log`: only truncates the log.
   */
  what: 'rewrite' | 'truncate-log'
}

/**
 * Does the work in a thread of its own. Other connections can read meanwhile. They must not write, because a write
 * would fail. Throws `STORAGE_UNAVAILABLE`, for example while another process reads the database.
 */
export async function doFileWork(work: FileWork): Promise<void> {
  // A thread inherits the flags of Node. What they load, as `--import` does, is for the server alone.
  const options = { workerData: work, execArgv: [] }
  // The package has JavaScript in place of TypeScript.
  const worker = new Worker(new URL(`./fileWorker${extname(import.meta.url)}`, import.meta.url), options)
  try {
    await once(worker, 'exit')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RiachoError('STORAGE_UNAVAILABLE', reason, { cause })
  }
}
