import type { RunEnd, RunStart } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Durability } from '../database/database.ts'
import type { Queries } from '../database/schema.ts'
import type { LogWrite } from './eventLog.ts'
import type { StoredEvents } from './storedLog.ts'

/** A run at its beginning. */
export interface NewRun {
  ownerId: string
  start: RunStart
  startedAt: number
  /** Its first events. */
  stored: Required<StoredEvents>
  clientRunId?: string | undefined
  /** The message that the run continues. */
  continuedMessageId?: string | undefined
}

/** A run as it is stored. */
export interface StoredRun {
  ownerId: string
  start: RunStart
  startedAt: number
  /** The message so far, or the whole message once the run has ended. */
  parts: Part[]
  /** `seq` of the last stored event. `run-end` counts. */
  lastSeq: number
  /** Absent while the run is active. */
  end?: RunEnd | undefined
}

/** An active run whose owner died. */
export interface OrphanedRun extends StoredRun {
  /** Where the provider can resume. `null` if it keeps nothing. */
  checkpoint: string | null
  /** How often a later process resumed it. */
  resumes: number
}

/** How runs and their events are stored. One contract suite runs over every implementation. */
export interface RunStore {
  /** Stores a run with its first events, in the transaction that stores the message it answers. */
  accept(queries: Queries, run: NewRun): Promise<void>
  /**
   * Appends what the window gathered of all runs, and ends the runs that have an end. Stores all of `writes`, or stores
   * none and throws. An end is stored together with its message, and only if the run is active. While nobody can say
   * whether they are stored, it asks on, and calls `onStalled` each time.
   */
  commit(
    writes: readonly LogWrite[],
    durability: Durability,
    onStalled?: (error: unknown) => void,
  ): Promise<void>
  /** A run of this owner. `undefined` if there is none, or if its conversation is deleted. */
  read(key: { id: string; ownerId: string }): Promise<StoredRun | undefined>
  /** The stored frames after `seq`, without the end. `undefined` if some of them were deleted or never existed. */
  framesAfter(runId: string, seq: number): Promise<string | undefined>
  /** Makes everything stored so far survive power loss. Throws if the database takes no write. `onStalled`: as of `commit`. */
  sync(onStalled?: (error: unknown) => void): Promise<void>
  /**
   * Moves all events out of the journal, so that none of an erased run stays in it. Other nodes do so within a few seconds,
   * where there are any. Throws `STORAGE_UNAVAILABLE` if the database does not do it in 10 s.
   */
  settleJournal(): Promise<void>
  /** Deletes the events of runs that ended before `endedBefore`. Their messages and ends stay. */
  deleteOldEvents(endedBefore: number): Promise<void>
}
