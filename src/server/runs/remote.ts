import type { StopResponse } from '../../protocol/responses.ts'
import type { Reader, Subscription } from '../log/subscribe.ts'

/** The active runs that other nodes own. Each answers `undefined` for a run that none of them owns. */
export interface Remote {
  /** As `followLog`. */
  follow(runId: string, after: number, reader: Reader): Promise<Subscription> | undefined
  /** Asks the owner to stop a run. Resolves with how it stands once it has ended, or after the wait that Stop allows. */
  stop(runId: string): Promise<StopResponse> | undefined
}

/** With SQLite one node owns all runs, because it alone holds the lock of the file. */
export const NO_REMOTE: Remote = { follow: () => undefined, stop: () => undefined }
