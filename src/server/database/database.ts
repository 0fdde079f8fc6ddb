import type { Queries } from './schema.ts'

/**
 * What a commit survives once it is acknowledged. `process`: the death of the process. `power`: also the loss of power.
 * A `power` commit makes every earlier `process` commit survive it too, because they share one write-ahead log.
 */
export type Durability = 'process' | 'power'

/** What a write does besides its queries. */
export interface Transaction {
  /** Calls back once the write is stored, before the promise of the caller resolves. */
  afterCommit(callback: () => void): void
  /**
   * Calls back if nothing of the write is stored, because its work threw or the transaction failed: at the latest at
   * the commit. If the work runs again, it calls back first, and the work asks for its callbacks anew.
   */
  onRollback(callback: () => void): void
  /**
   * Says how to find out whether the write is stored. It is asked if the answer to the commit is lost, because the number
   * of a transaction does not tell: a server that died may give it to another one.
   */
  confirmBy(isStored: (queries: Queries) => Promise<boolean>): void
  /**
   * To be awaited between two pieces of long work. Lets the event loop do other work if the transaction has worked for
   * long.
   */
  giveWay(): Promise<void>
}

/** Work that runs within a transaction. */
export type Work<T> = (queries: Queries, transaction: Transaction) => Promise<T>

/** Which deleted conversation to erase, and when that happens by the steady time. */
export interface Erasure {
  id: string
  at: number
}

/** Where everything is stored. `sqlite/` and `postgres/` implement it, and one suite of tests runs over both. */
export interface Database {
  /** For reads. */
  readonly queries: Queries
  /** Does `work`, whose reads all see one moment. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /**
   * Runs `work` in a transaction; all of it or nothing is stored. It may run again, from its beginning, if another write
   * was in its way. Throws `STORAGE_UNAVAILABLE` when the database cannot take it, and what `work` throws.
   */
  write<T>(durability: Durability, work: Work<T>): Promise<T>
  /**
   * As `write`. Such writes of one owner run one after the other, also those of other nodes, so that what `work` reads of
   * the owner stays as it is until the commit. Only the ends of runs come in between.
   */
  writeFor<T>(ownerId: string, durability: Durability, work: Work<T>): Promise<T>
  /**
   * Erases one slice of a deleted conversation, and marks that a rewriting is due where there is a file to rewrite, in
   * one transaction. Throws `STORAGE_UNAVAILABLE`.
   */
  eraseSome(erasure: Erasure): Promise<void>
  /**
   * As `write` with `process`, for work that erases. Marks that a rewriting is due where there is a file to rewrite, in the
   * same transaction. `at`: now, by the steady time.
   */
  erase<T>(at: number, work: Work<T>): Promise<T>
  /**
   * Leaves nothing that was erased in the write-ahead log, where the database is a file of this process. Throws
   * `STORAGE_UNAVAILABLE` while another process reads it.
   */
  purge(): Promise<void>
  /** Does what the database needs from time to time, such as adding up what was counted. Throws `STORAGE_UNAVAILABLE`. */
  tidy(): Promise<void>
  /** Absent if the database is no file of this process. */
  readonly file?: RewritableFile
  close(): Promise<void>
}

export interface RewritableFile {
  /**
   * Writes the whole file anew, so that no page keeps a copy of what was erased, and removes the mark that this is due.
   * Writes wait meanwhile: about six seconds for a gigabyte. Reads do not. Throws `STORAGE_UNAVAILABLE` if another
   * process reads the file, or the disk has too little space. Then the mark stays.
   */
  rewrite(): Promise<void>
  /** Its size, in bytes. */
  size(): number
}
