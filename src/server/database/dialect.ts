import type { CompiledQuery, Insertable, QueryResult, RawBuilder, Selectable } from 'kysely'
import type { MessageRow, Queries, Tables } from './schema.ts'

export interface MatchPage {
  ownerId: string
  /** A match has all of these words. The last one may be the beginning of a word. */
  words: readonly string[]
  limit: number
  /** `number` of the last row of the previous page. */
  before?: number | undefined
}

export interface Match extends Pick<MessageRow, 'id' | 'conversation_id' | 'role' | 'created_at'> {
  number: number
  title: string
  archived: 0 | 1
}

export interface TitleSearch {
  ownerId: string
  /** Without case and accents. */
  words: readonly string[]
}

/** Rows of conversations, as a table of a query. */
export type TitledConversations = RawBuilder<Selectable<Tables['conversations']>>

/** What the databases do differently. Everything else is one query for both. */
export interface SqlDialect {
  /** Runs a query that is built already. */
  execute<Row>(queries: Queries, query: CompiledQuery<Row>): Promise<QueryResult<Row>>
  /** The position of a conversation that is written in now. It is higher than that of any other. */
  readonly nextPosition: RawBuilder<number>
  /** Whether the folded title of a conversation contains `text`. */
  titleContains(text: string): RawBuilder<boolean>
  /**
   * Few conversations, among which is each of the owner whose title has these words. `undefined` if no index has the
   * words, or if too many titles have them.
   */
  narrowTitles(queries: Queries, search: TitleSearch): Promise<TitledConversations | undefined>
  /** Stores a message, and makes its words findable. */
  insertMessage(queries: Queries, row: Insertable<MessageRow>): Promise<void>
  /** Makes the words of these messages findable for their owner alone, who has changed. */
  reindexOwner(queries: Queries, numbers: readonly number[]): Promise<void>
  listMatches(queries: Queries, page: MatchPage): Promise<Match[]>
  /** Whether a row that a write has read must be locked, because others could change it before the commit. */
  readonly locksRows: boolean
  /** Makes other transactions that lock the same name wait for the end of this one. */
  lock(queries: Queries, name: string): Promise<void>
  /** Whether a statement failed because another row has the value of a unique column. */
  isDuplicate(error: unknown): boolean
}

/** The adapter of a database carries its dialect, so that a query needs to be told nothing but `queries`. */
export interface AdapterWithDialect {
  readonly dialect: SqlDialect
}

export function dialectOf(queries: Queries): SqlDialect {
  return (queries.getExecutor().adapter as unknown as AdapterWithDialect).dialect
}
