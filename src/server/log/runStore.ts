import type { RunEnd, RunStart } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Durability } from '../database/groupCommit.ts'
import type { Queries } from '../database/schema.ts'
import type { LogWrite, StoredEvents } from './eventLog.ts'

/** A run at its beginning. */
export interface NewRun {
  ownerId: string
  start: RunStart
  startedAt: number
  /** Its first events. */
  stored: Required<StoredEvents>
  clientRunId?: string | undefined
  /** The message that it goes on from. */
  continuedMessageId?: string | undefined
}

/** What is stored of a run. */
export interface StoredRun {
  ownerId: string
  start: RunStart
  startedAt: number
  /** The message so far. Once the run has ended: the message that it left. */
  parts: Part[]
  /** `seq` of the last stored event; `run-end` counts. */
  lastSeq: number
  /** Absent while the run is active. */
  end?: RunEnd | undefined
}

/** A run whose owner died. */
export interface OrphanedRun extends StoredRun {
  /** Where the provider can go on from; `null` where it keeps nothing. */
  checkpoint: string | null
  /** How often a later process went on with it. */
  resumes: number
}

/** How runs and their events are stored. One contract suite runs over every implementation. */
export interface RunStore {
  /** Stores a run with its first events, within the transaction of the message that it answers. */
  accept(queries: Queries, run: NewRun): Promise<void>
  /**
   * Appends what the window gathered of all runs, and ends those that have an end: stores all of `writes`, or none and
   * throws. An end is stored with its message, and only while the run is active.
   */
  commit(writes: readonly LogWrite[], durability: Durability): Promise<void>
  /** A run of this owner; `undefined` when there is none, or its conversation is deleted. */
  read(key: { id: string; ownerId: string }): Promise<StoredRun | undefined>
  /** The stored frames after `seq`, without the end; `undefined` when some of them are gone, or never were. */
  framesAfter(runId: string, seq: number): Promise<string | undefined>
  /** Makes what was stored survive power loss. Throws when the database takes no write. */
  sync(): Promise<void>
  /** Moves all events out of the journal, so that none of an erased run stays there. */
  settleJournal(): Promise<void>
  /** Deletes the events of runs that ended before `endedBefore`. Their messages and ends stay. */
  deleteOldEvents(endedBefore: number): Promise<void>
}
