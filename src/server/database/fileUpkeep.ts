import { RiachoError } from '../../protocol/errors.ts'
import {
  createFileThread,
  type Erasure,
  type FileWork,
  type FileWorkResults,
  type WorkOf,
} from './fileThread.ts'
import type { GroupCommit, GroupCommitOptions } from './groupCommit.ts'
import { createLogMover, type LogMoverOptions } from './logMover.ts'
import { clearRewriteDue } from './rewriteMark.ts'

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

  const mover = createLogMover({
    path,
    logger,
    moveLog: () => inThread({ what: 'move-log' }),
    restartLog: () => alone(() => inThread({ what: 'restart-log' })),
  })

  async function rewrite(): Promise<void> {
    await inThread({ what: 'rewrite' })
    await transact('process', clearRewriteDue)
  }

  return {
    purge: () => alone(() => inThread({ what: 'truncate-log' })),
    rewrite: () => alone(rewrite),
    async eraseSome(erasure: Erasure): Promise<string[] | undefined> {
      const checkpoints = await alone(() => inThread({ what: 'erase', ...erasure }))
      mover.committed()
      return checkpoints
    },
    committed: mover.committed,
    /** Resolves once nothing is under way. */
    async close(): Promise<void> {
      await mover.close()
      await thread.close()
    },
  }
}
