import type { StopResponse } from '../../protocol/responses.ts'
import type { Reader, Subscription } from '../log/followLog.ts'

/** The active runs that other nodes own. Both return `undefined` for a run that no other node owns. */
export interface Remote {
  /** As `followLog`. */
  follow(runId: string, after: number, reader: Reader): Promise<Subscription> | undefined
  /**
   * Asks the owner to stop a run. Resolves once the run has ended, or after the time that `stop` waits, with how the
   * run stands.
   */
  stop(runId: string): Promise<StopResponse> | undefined
}

/** With SQLite one node owns all runs, because only it holds the lock of the file. */
export const NO_REMOTE: Remote = { follow: () => undefined, stop: () => undefined }
