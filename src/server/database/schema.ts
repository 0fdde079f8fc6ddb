import type { Generated, Kysely } from 'kysely'
import type { RunErrorCode } from '../../protocol/errors.ts'
import type { RunStatus } from '../../protocol/events.ts'
import type { KeyScope } from '../../protocol/keys.ts'
import type { ConversationStatus } from '../../protocol/responses.ts'
import type {
  AccountRow,
  AttemptRow,
  GroupRow,
  IdentityRow,
  LoginRow,
  OwnerMoveRow,
  PasskeyRow,
  StoredTokenRow,
} from './accounts/accountRows.ts'
import type {
  AuditRow,
  DayFigureRow,
  EndedRunFigureRow,
  OwnerMonthRow,
} from './administration/administrationRows.ts'
import type {
  FilePieceRow,
  FileRow,
  FileTrashRow,
  MessageFileRow,
  PassageRow,
  PassageWordsRow,
} from './files/fileRows.ts'
import type { LiveQuestionRow, ToolClientRow, ToolSignInRow, ToolTokensRow } from './tools/toolRows.ts'

export interface ConversationRow {
  id: string
  owner_id: string
  title: string
  status: ConversationStatus
  archived: 0 | 1
  pinned: 0 | 1
  /** Erased for good when it goes, and found by its id alone. */
  temporary: 0 | 1
  /** 0 while the title is only the first words, and may be replaced. */
  title_final: 0 | 1
  /** When it was deleted, until it is erased. 0 if it cannot be restored. */
  deleted_at: number | null
  assistant: string
  head_message_id: string | null
  created_at: number
  updated_at: number
  /** When somebody touched it last, by the steady time. `null`: an earlier version stored it, and `updated_at` counts. */
  touched_at: number | null
  /** When an administrator read it last, until the owner has seen that. */
  read_by_admin_at: number | null
}

/** Named, because a copy of a conversation has none of the columns that the database sets by itself. */
export const CONVERSATION_COLUMNS = [
  'id',
  'owner_id',
  'title',
  'status',
  'archived',
  'pinned',
  'temporary',
  'title_final',
  'deleted_at',
  'assistant',
  'head_message_id',
  'created_at',
  'updated_at',
  'touched_at',
  'read_by_admin_at',
] as const satisfies readonly (keyof ConversationRow)[]

export interface MessageRow {
  id: string
  conversation_id: string
  owner_id: string
  parent_id: string | null
  role: 'USER' | 'ASSISTANT'
  /** JSON of `StoredPart[]`. */
  parts: string
  client_message_id: string | null
  /** Only of a user message with a `client_message_id`. It tells a repeat from another request. */
  request_hash: string | null
  /** Only of an assistant message. */
  run_id: string | null
  created_at: number
  /** JSON of `Feedback`. Only of an assistant message. */
  feedback: string | null
}

export interface RunRow {
  id: string
  conversation_id: string
  owner_id: string
  user_message_id: string
  message_id: string
  client_run_id: string | null
  /** The message that this run continues. */
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
  /** The first message that the model got, if it did not get all. */
  history_from: string | null
  /** JSON of `ToldDocument[]`. */
  documents: string | null
  /** `seq` of `run-end`, or 0 while the run is active. */
  last_seq: number
  /** Where the provider can continue. Stored together with the events before it. */
  checkpoint: string | null
  /** How often a later process continued the run. */
  resumes: number
  started_at: number
  ended_at: number | null
}

/** Named, because a later version may add columns while nodes of this one run. */
export const RUN_COLUMNS = [
  'id',
  'conversation_id',
  'owner_id',
  'user_message_id',
  'message_id',
  'client_run_id',
  'continued_message_id',
  'status',
  'model',
  'assistant',
  'code',
  'retry_after',
  'usage',
  'timing',
  'cost',
  'history_from',
  'documents',
  'last_seq',
  'checkpoint',
  'resumes',
  'started_at',
  'ended_at',
] as const satisfies readonly (keyof RunRow)[]

/** Consecutive events of one run, as the frames that readers get. `run-end` is not among them: the run's row has it. */
export interface SegmentRow {
  run_id: string
  from_seq: number
  to_seq: number
  frames: string
}

/** SQLite: the events that one transaction added to all logs. Later they move to a segment of each run. */
export interface JournalRow {
  id: Generated<number>
  segments: string
}

/** A branch that everyone with its address can read, as it was when the share was made. */
export interface ShareRow {
  id: string
  owner_id: string
  conversation_id: string
  title: string
  assistant: string
  /** As it was then, in the language of who made the share. */
  assistant_name: string
  /** The last message of the branch. `null` if the conversation had none. */
  head_message_id: string | null
  /** JSON of `SharedConversation` if the share is older than the columns above. Otherwise empty. */
  conversation: string
  created_at: number
}

/** An erased owner. A cookie may still name it, but nothing can be stored for it. */
export interface ErasedOwnerRow {
  id: string
  erased_at: number
}

/** How much an owner stores. Triggers keep it. */
export interface OwnerStorageRow {
  owner_id: string
  bytes: number
}

/** Where an imported conversation came from. It goes when the conversation is erased. */
export interface ImportRow {
  owner_id: string
  /** The format, such as `chatgpt`. */
  source: string
  /** The id of the conversation there. */
  source_id: string
  conversation_id: string
  /** The id of its thread at OpenAI, where an app kept one. */
  thread_id: string | null
  imported_at: number
}

/** What is used of the limits of a scope in a period. */
export interface SpendingSumRow {
  /** `owner:` and the id of an owner, `group:` and the id of a group, or `all`. */
  scope: string
  /** A day, as `2026-11-29`, or a month, as `2026-11`, in UTC. */
  period: string
  /** Runs that were begun. */
  messages: number
  /** Of runs that have ended. */
  tokens: number
  /** Millionths of the currency, of runs that have ended. */
  micros: number
  /** The sum of what the reservations of this scope and period reserve. */
  reserved_tokens: number
  reserved_micros: number
}

/** What a run may use, until its real usage is in the sums. It counts in the periods that are not `null`. */
export interface SpendingReservationRow {
  run_id: string
  owner_id: string
  owner_day: string | null
  owner_month: string | null
  all_month: string | null
  group_id: string | null
  group_month: string | null
  /** The input of the requests that the provider has not counted, estimated. */
  input_tokens: number
  /** What the provider has counted of the run before these requests. */
  counted_tokens: number
  counted_micros: number
  /** The output of the message before these requests, in UTF-16 units. `null`: what the run continues. */
  written: number | null
  tokens: number
  micros: number
}

/** A secret by which a program acts for an owner. */
export interface ApiKeyRow {
  /** SHA-256 of the secret, as base64url. */
  token_hash: string
  id: string
  owner_id: string
  name: string
  scope: KeyScope
  created_at: number
  /** At most about an hour old. `null` before the first use. */
  used_at: number | null
  /** The key counts before this time. Revoking brings it forward. */
  expires_at: number
  revoked_at: number | null
}

/** A token that proves that a browser is that of an owner. The tokens that a session had one after the other share its `id`. */
export interface SessionRow {
  /** SHA-256 of the token, as base64url. */
  token_hash: string
  /** The id of the session. */
  id: string
  owner_id: string
  /** Who signed in. `null`: a visitor. */
  account_id: string | null
  /** The token that this one takes the place of. */
  replaced_hash: string | null
  /** 0 until a request comes with a token that takes the place of another one. */
  is_confirmed: 0 | 1
  /** 1 if the row stays for ever, because the cookie that an earlier version signed would otherwise count again. */
  is_kept: 0 | 1
  /** The `User-Agent` that got the token. */
  device: string
  /** When the session began. */
  created_at: number
  issued_at: number
  /** At most about an hour old. */
  used_at: number
  /** The token counts before this time. Revoking and replacing bring it forward. */
  expires_at: number
  /** When the session was revoked. */
  revoked_at: number | null
  /** When `expires_at` was brought forward. Other nodes ask for such rows. */
  changed_at: number | null
}

/** After how many days an owner lets conversations go. */
export interface OwnerRetentionRow {
  owner_id: string
  days: number
  /** When the owner chose it. */
  since: number
  /** Before this time none of its conversations is due. */
  look_at: number
}

/** What a paused run waits for. */
export interface PauseRow {
  run_id: string
  conversation_id: string
  /** JSON of `ApprovalRequest[]`. */
  requests: string
  /** JSON: what the provider wants back with the calls, by step. */
  kept: string
  /** The run that goes on with the message. */
  answered_by: string | null
  /** 1 if something else was written in the conversation before anybody decided. */
  declined: 0 | 1
}

/** A tool that a person always approves in a conversation. */
export interface ToolGrantRow {
  conversation_id: string
  tool: string
  /** Of the tool when the person said so. */
  digest: string
}

export interface SettingRow {
  key: string
  value: string
}

export interface Tables {
  /**
   * `folded_title` is the title without case and accents. `position` is the place in the list: it is the highest in the
   * conversation that was written in last, whatever the clock says.
   */
  conversations: Omit<ConversationRow, 'temporary'> & {
    temporary: Generated<0 | 1>
    folded_title: Generated<string>
    position: Generated<number>
  }
  /** `number` is the row in the index. It grows with each stored message. */
  messages: MessageRow & { number: Generated<number> }
  /** `node_id`, the node that writes the run, is a column of PostgreSQL only. */
  runs: RunRow & { node_id: Generated<string | null> }
  segments: SegmentRow
  journal: JournalRow
  shares: ShareRow
  erased_owners: ErasedOwnerRow
  owner_storage: OwnerStorageRow
  imports: ImportRow
  spending_sums: SpendingSumRow
  spending_reservations: SpendingReservationRow
  sessions: SessionRow
  api_keys: ApiKeyRow
  owner_retention: OwnerRetentionRow
  accounts: AccountRow
  account_groups: GroupRow
  account_tokens: StoredTokenRow
  account_identities: IdentityRow
  account_logins: LoginRow
  passkeys: PasskeyRow
  attempts: AttemptRow
  owner_moves: OwnerMoveRow
  ended_runs: EndedRunFigureRow
  day_figures: DayFigureRow
  owner_months: OwnerMonthRow
  audit: AuditRow
  files: FileRow
  passages: PassageRow
  passage_words: PassageWordsRow
  message_files: MessageFileRow
  file_pieces: FilePieceRow
  file_trash: FileTrashRow
  settings: SettingRow
  pauses: PauseRow
  tool_grants: ToolGrantRow
  tool_tokens: ToolTokensRow
  tool_sign_ins: ToolSignInRow
  tool_clients: ToolClientRow
  live_questions: LiveQuestionRow
}

export type Queries = Kysely<Tables>
