import { RiachoError } from '../../../../protocol/errors.ts'
import type { Erasure } from '../../database.ts'
import type { GroupCommit, GroupCommitOptions } from '../groupCommit.ts'
import { createFileThread, type FileWork, type FileWorkResults, type WorkOf } from './fileThread.ts'
import { LogMover, type LogMoverOptions } from './logMover.ts'
import { clearRewriteDue } from './rewriteMark.ts'

/** The rewritings of all databases of the process, because SQLite has one folder for the temporary files of them all. */
let rewritings: Promise<void> | undefined

function oneAtATime<T>(rewriting: () => Promise<T>): Promise<T> {
  // At once if there is no other, so that writes that are asked for now wait for it.
  const done = rewritings ? rewritings.then(rewriting) : rewriting()
  const over = done.then(nothing, nothing).then(() => {
    if (rewritings === over) rewritings = undefined
  })
  rewritings = over
  return done
}

const nothing = () => {}

export interface FileUpkeepOptions extends Pick<LogMoverOptions, 'path' | 'logger'> {
  transact: GroupCommitOptions['transact']
  alone: GroupCommit['alone']
  /** As that of `DatabaseFiles`. The thread opens the file by its name, so that name must still lead to it. */
  requireInPlace: () => void
  faultOf: (error: unknown) => unknown
}

/** What a thread does with the file: `purge`, `rewrite` and `eraseSome` of `Database`, and moving the write-ahead log. */
export function createFileUpkeep({
  path,
  logger,
  transact,
  alone,
  requireInPlace,
  faultOf,
}: FileUpkeepOptions) {
  const thread = createFileThread(path)

  async function inThread<What extends FileWork['what']>(work: WorkOf<What>): Promise<FileWorkResults[What]> {
    requireInPlace()
    try {
      return await thread.do(work)
    } catch (error) {
      const fault = faultOf(error)
      if (fault !== error) throw fault
      const message = error instanceof Error ? error.message : String(error)
      throw new RiachoError('STORAGE_UNAVAILABLE', message, { cause: error })
    }
  }

  const mover = new LogMover({
    path,
    logger,
    moveLog: () => inThread({ what: 'move-log' }),
    restartLog: options => alone(() => inThread({ what: 'restart-log', ...options })),
  })

  const committed = () => mover.committed()
  const refused = (error: unknown) => mover.refused(error)

  async function rewrite(): Promise<void> {
    await inThread({ what: 'rewrite' })
    await transact('process', clearRewriteDue)
  }

  return {
    purge: () => alone(() => inThread({ what: 'truncate-log' })),
    rewrite: () => oneAtATime(() => alone(rewrite)),
    eraseSome(erasure: Erasure): Promise<void> {
      const erased = alone(() => inThread({ what: 'erase', ...erasure }))
      void erased.then(committed, refused)
      return erased
    },
    committed,
    refused,
    /** Resolves once nothing is under way. */
    async close(): Promise<void> {
      await mover.close()
      await thread.close()
    },
  }
}
