import type { Durability } from '../../../../src/server/database/database.ts'
import type { Random } from '../../../harness/random.ts'

/** What of a window's batch a server that dies may lose. */
export interface StoredBatch {
  nodeId: string
  number: number
  runIds: readonly string[]
}

interface Transaction {
  at: number
  undo: (() => void)[]
  batch: StoredBatch | undefined
}

/** The server writes what is not synced to its disk at the latest after this long, in milliseconds. */
const WAL_DELAY = 600

/** Transactions that can be undone until they are on the disk. */
export class FakeTransactions {
  readonly #now: () => number
  /** Committed, and not synced. */
  #unsynced: Transaction[] = []
  #open: Transaction | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  /** Does `work` whole or not at all. Within another transaction it is a part of that one. `of`: the batch that it stores. */
  readonly write = <T>(
    durability: Durability,
    work: () => T,
    of?: { nodeId: string; number: number; isRow: boolean },
  ): T => {
    if (this.#open) return work()
    const transaction: Transaction = { at: this.#now(), undo: [], batch: undefined }
    this.#open = transaction
    try {
      const done = work()
      if (of?.isRow) transaction.batch = { ...of, runIds: Array.isArray(done) ? done : [] }
      if (durability === 'power') this.#unsynced = []
      else if (transaction.undo.length > 0) this.#unsynced.push(transaction)
      return done
    } catch (error) {
      undo(transaction)
      throw error
    } finally {
      this.#open = undefined
    }
  }

  /** Sets a row, or removes it. */
  set<Key, Value>(table: Map<Key, Value>, key: Key, value: Value | undefined): void {
    const before = table.get(key)
    this.#open?.undo.push(() => put(table, key, before))
    put(table, key, value)
  }

  /** Loses some of the last transactions. Gives the batches among them. */
  crash(random: Random): StoredBatch[] {
    const isOnDisk = ({ at }: Transaction) => this.#now() - at > WAL_DELAY
    const endangered = this.#unsynced.filter(transaction => !isOnDisk(transaction))
    const lost = endangered.slice(random.integer(endangered.length + 1))
    for (const transaction of lost.toReversed()) undo(transaction)
    this.#unsynced = []
    return lost.flatMap(({ batch }) => batch ?? [])
  }
}

function undo(transaction: Transaction): void {
  for (const back of transaction.undo.toReversed()) back()
}

function put<Key, Value>(table: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) table.delete(key)
  else table.set(key, value)
}
