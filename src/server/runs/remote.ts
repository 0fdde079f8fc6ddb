import type { StopResponse } from '../../protocol/responses.ts'
import type { Reader, Subscription } from '../log/followLog.ts'

/** The active runs that other nodes own. `follow` and `stop` return `undefined` where no other node can own a run. */
export interface Remote {
  /**
   * As `followLog`. Resolves with `undefined` if this owner has no active run of this id. Rejects with `SHUTTING_DOWN` once
   * this node drains.
   */
  follow(
    key: { id: string; ownerId: string },
    after: number,
    reader: Reader,
  ): Promise<Subscription | undefined> | undefined
  /**
   * Asks the owner to stop a run. Resolves once the run has ended, or after the time that `stop` waits, with how the
   * run stands.
   */
  stop(key: { id: string; ownerId: string }): Promise<StopResponse> | undefined
  /**
   * Throws `STORAGE_UNAVAILABLE` while this node has lost the database, so that another one may own its runs, and it
   * learns nothing of those of others.
   */
  requireTrust(): void
  /** Sends readers of other nodes' runs away, and takes no more, because this node is about to end. */
  drain(): void
}

/** With SQLite one node owns all runs, because only it holds the lock of the file. */
export const NO_REMOTE: Remote = {
  follow: () => undefined,
  stop: () => undefined,
  requireTrust() {},
  drain() {},
}
