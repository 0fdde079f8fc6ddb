/** What a copy takes over, in the order in which rows refer to rows. */
export const COPIED_TABLES = [
  'settings',
  'erased_owners',
  'conversations',
  'messages',
  'runs',
  'segments',
  'shares',
  'imports',
  'sessions',
  'api_keys',
  'owner_retention',
  'accounts',
  'account_groups',
  'account_tokens',
  'account_identities',
  'account_logins',
  'passkeys',
  'attempts',
  'owner_moves',
  'spending_sums',
  'spending_reservations',
  'ended_runs',
  'day_figures',
  'owner_months',
  'audit',
  'message_files',
  'files',
  'passages',
  'passage_words',
  'file_pieces',
  'file_trash',
  'pauses',
  'tool_grants',
  'tool_tokens',
  'tool_sign_ins',
  'tool_clients',
  'live_questions',
] as const

export type CopiedTable = (typeof COPIED_TABLES)[number]

/** Identifies an installation in its own file, so that a copy is continued from no other one. */
export const SOURCE_ID = 'copy_id'
/** The installation that a database was copied from, and when that was done. */
export const COPIED_FROM = 'copied_from'

/** Settings about the file itself. They mean nothing in PostgreSQL. */
export const OF_THE_FILE: readonly string[] = [SOURCE_ID, 'rewrite_due_since', 'synced_at']

/** Columns about the file itself. An index of the file refers to them. */
export const COLUMNS_OF_THE_FILE: readonly string[] = ['title_number']

/** One row, each value as text. */
export type Row = readonly (string | null)[]
