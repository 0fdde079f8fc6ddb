import { setImmediate, setTimeout } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { RiachoError } from '../../../protocol/errors.ts'
import type { Database, Durability, Transaction, Work } from '../database.ts'
import type { Queries, Tables } from '../schema.ts'
import { IDLE_IN_TRANSACTION_TIMEOUT, STATEMENT_TIMEOUT } from './pool.ts'
import { codeOf, isConflict, isRefusal } from './storageFaults.ts'

/** How often a transaction that failed because of another one is done again. */
const MAX_CONFLICTS = 5
/** The most milliseconds between two tries. */
const JITTER = 30
/** How often, and how long, the fate of a commit is asked for whose answer was lost, in milliseconds. */
const FATE_INTERVAL = 250
const FATE_WAIT = 10_000

/**
 * Makes the function that does work in a transaction. If the answer to a commit is lost, nobody knows whether it was
 * stored: PostgreSQL is asked until the transaction is over, and then whether its rows are there. Whoever waits hears
 * `STORAGE_UNAVAILABLE` after 10 s. The callbacks come once it is known.
 */
export function createWrite(queries: Kysely<Tables>, closed: AbortSignal): Database['write'] {
  return async (durability, work) => {
    for (let conflicts = 0; ; conflicts++) {
      const attempt = new Attempt({ queries, durability, closed })
      try {
        return await attempt.run(work)
      } catch (error) {
        if (!isConflict(error) || conflicts === MAX_CONFLICTS) throw error
        await setTimeout(Math.random() * JITTER)
      }
    }
  }
}

/**
 * Makes the function that does the writes of one owner one after the other: on this node in the order in which they were
 * asked for, and among all nodes by a lock that lasts as long as the transaction. Waiting here takes no connection, so
 * that one owner cannot use them up.
 */
export function createWriteFor(write: Database['write']): Database['writeFor'] {
  const turns = new Map<string, Promise<unknown>>()
  return (ownerId, durability, work) => {
    const before = turns.get(ownerId) ?? Promise.resolve()
    const done = before.then(() =>
      write(durability, async (queries, transaction) => {
        await sql`select pg_advisory_xact_lock(hashtextextended(${ownerId}, 0))`.execute(queries)
        return work(queries, transaction)
      }),
    )
    const over = done.then(nothing, nothing).then(() => {
      if (turns.get(ownerId) === over) turns.delete(ownerId)
    })
    turns.set(ownerId, over)
    return done
  }
}

const nothing = () => {}

interface AttemptOptions {
  queries: Kysely<Tables>
  durability: Durability
  closed: AbortSignal
}

/** One try of a transaction: **open**, and then **committed** or **rolled back**, each once. */
class Attempt {
  readonly #queries: Kysely<Tables>
  readonly #durability: Durability
  readonly #closed: AbortSignal
  readonly #committed: (() => void)[] = []
  readonly #rolledBack: (() => void)[] = []
  #isStored: ((queries: Queries) => Promise<boolean>) | undefined
  #isOver = false
  #id: string | undefined
  #isCommitting = false

  constructor({ queries, durability, closed }: AttemptOptions) {
    this.#queries = queries
    this.#durability = durability
    this.#closed = closed
  }

  async run<T>(work: Work<T>): Promise<T> {
    const done: { value?: T } = {}
    try {
      await this.#queries.transaction().execute(async queries => {
        await this.#begin(queries)
        done.value = await work(queries, this.#transaction)
        this.#isCommitting = true
      })
    } catch (error) {
      if (!this.#isCommitting || isRefusal(error) || this.#id === undefined) {
        this.#end(this.#rolledBack)
        throw error
      }
      await this.#learnFate(this.#id, error)
    }
    this.#end(this.#committed)
    return done.value as T
  }

  /** One statement, because each is a round trip. */
  async #begin(queries: Queries): Promise<void> {
    const mode = this.#durability === 'power' ? 'on' : 'off'
    const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id,
      set_config('synchronous_commit', ${mode}, true),
      set_config('statement_timeout', ${String(STATEMENT_TIMEOUT)}, true),
      set_config('idle_in_transaction_session_timeout', ${String(IDLE_IN_TRANSACTION_TIMEOUT)}, true)`.execute(
      queries,
    )
    this.#id = rows[0]?.id
  }

  /** Returns if the transaction was committed. Otherwise, or if that takes too long, throws `error`. */
  async #learnFate(id: string, error: unknown): Promise<void> {
    const fate = this.#askFate(id).then(isCommitted => {
      if (!isCommitted) this.#end(this.#rolledBack)
      return isCommitted
    })
    const isCommitted = await Promise.race([fate, setTimeout(FATE_WAIT, undefined, { ref: false })])
    if (isCommitted) return
    if (isCommitted === undefined) void fate.then(late => late && this.#end(this.#committed))
    throw error instanceof RiachoError
      ? error
      : new RiachoError('STORAGE_UNAVAILABLE', 'a commit got no answer')
  }

  async #askFate(id: string): Promise<boolean> {
    const isStored = this.#isStored
    let isOver = false
    for (;;) {
      try {
        const status: string | null | undefined = isOver ? undefined : await statusOf(this.#queries, id)
        isOver ||= status !== 'in progress'
        // The rows are looked at once it is over, because a commit may come between two looks.
        if (isOver) return isStored ? await isStored(this.#queries) : status === 'committed'
      } catch {
        // The database cannot be asked now.
      }
      if (this.#closed.aborted) return false
      await setTimeout(FATE_INTERVAL)
    }
  }

  readonly #transaction: Transaction = {
    afterCommit: callback => void this.#committed.push(callback),
    onRollback: callback => void this.#rolledBack.push(callback),
    confirmBy: isStored => {
      this.#isStored = isStored
    },
    giveWay: () => setImmediate(),
  }

  #end(callbacks: (() => void)[]): void {
    if (this.#isOver) throw new Error('the transaction is over')
    this.#isOver = true
    for (const callback of callbacks) callback()
  }
}

/** A server that died counts its transactions from an earlier number again. Then this one is lost. */
const IN_THE_FUTURE = '22023'

async function statusOf(queries: Queries, id: string): Promise<string | null | undefined> {
  try {
    const { rows } = await sql<{
      status: string | null
    }>`select pg_xact_status(${id}::xid8) as status`.execute(queries)
    return rows[0]?.status
  } catch (error) {
    if (codeOf(error) === IN_THE_FUTURE) return 'aborted'
    throw error
  }
}
