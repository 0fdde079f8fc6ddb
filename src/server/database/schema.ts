import type { Generated, Kysely } from 'kysely'
import type { RunErrorCode } from '../../protocol/errors.ts'
import type { RunStatus } from '../../protocol/events.ts'
import type { ConversationStatus } from '../../protocol/responses.ts'

export interface ConversationRow {
  id: string
  owner_id: string
  title: string
  status: ConversationStatus
  archived: 0 | 1
  pinned: 0 | 1
  /** Whether its title is to be kept: 0 while it is only its first words. */
  title_final: 0 | 1
  /** Set from its deletion until it is erased; 0 when that cannot be undone. */
  deleted_at: number | null
  assistant: string
  head_message_id: string | null
  created_at: number
  updated_at: number
}

export interface MessageRow {
  id: string
  conversation_id: string
  owner_id: string
  parent_id: string | null
  role: 'USER' | 'ASSISTANT'
  /** JSON of `StoredPart[]`. */
  parts: string
  client_message_id: string | null
  /** Of a user message sent with a `client_message_id`: what tells a repeat from another request. */
  request_hash: string | null
  /** Of an assistant message. */
  run_id: string | null
  created_at: number
  /** JSON of `Feedback`, of an assistant message. */
  feedback: string | null
}

export interface RunRow {
  id: string
  conversation_id: string
  owner_id: string
  user_message_id: string
  message_id: string
  client_run_id: string | null
  /** The message that this run goes on from. */
  continued_message_id: string | null
  status: RunStatus
  model: string
  assistant: string
  code: RunErrorCode | null
  retry_after: number | null
  /** JSON of `Usage`. */
  usage: string | null
  /** JSON of `Timing`. */
  timing: string | null
  /** JSON of `Cost`. */
  cost: string | null
  /** `seq` of `run-end`; 0 while the run is active. */
  last_seq: number
  /** Where the provider can go on from, stored together with the events before it. */
  checkpoint: string | null
  /** How often a later process went on with the run. */
  resumes: number
  started_at: number
  ended_at: number | null
}

/** Consecutive events of one run, as the frames their readers get. `run-end` is not here: it is the run's row. */
export interface SegmentRow {
  run_id: string
  from_seq: number
  to_seq: number
  frames: string
}

/** What one transaction added to the logs of all runs, until it is settled as segments (`journal.ts`). */
export interface JournalRow {
  id: Generated<number>
  segments: string
}

/** A frozen copy for whoever has its address; `conversation` is JSON of `SharedConversation`. */
export interface ShareRow {
  id: string
  owner_id: string
  conversation_id: string
  title: string
  conversation: string
  created_at: number
}

/** An owner for whom nothing can be stored any more, though a cookie may still name it. */
export interface ErasedOwnerRow {
  id: string
  erased_at: number
}

export interface SettingRow {
  key: string
  value: string
}

export interface Tables {
  conversations: ConversationRow
  /** `number` is its place in the index, and grows with each message stored. */
  messages: MessageRow & { number: Generated<number> }
  runs: RunRow
  segments: SegmentRow
  journal: JournalRow
  shares: ShareRow
  erased_owners: ErasedOwnerRow
  settings: SettingRow
}

export type Queries = Kysely<Tables>
