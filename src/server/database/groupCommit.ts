import { setImmediate } from 'node:timers/promises'
import { CompiledQuery } from 'kysely'
import type { Queries } from './schema.ts'

/**
 * What a commit survives once it is acknowledged: `process` the end of the process, `power` the end of power too.
 * A `power` commit syncs every earlier `process` commit with it: they share one write-ahead log.
 */
export type Durability = 'process' | 'power'

export interface GroupCommitOptions {
  /** Does `work` in one transaction: stores all of it, or throws. */
  transact(durability: Durability, work: (queries: Queries) => Promise<void>): Promise<void>
  /** Whether `error` leaves nothing of the transaction to go on with. */
  isFatal(error: unknown): boolean
}

interface Member {
  readonly durability: Durability
  /** Does the work, and gives what tells its caller so once the transaction is stored. */
  readonly attempt: (queries: Queries) => Promise<() => void>
  readonly reject: (error: unknown) => void
}

/** Lets a write prepare what goes with it: work that begins once it is stored, and work to undo if it is not. */
export interface Transaction {
  /** Calls back once the write is stored, before its caller learns so. */
  afterCommit(callback: () => void): void
  /** Calls back when nothing of the write is stored: its work threw, or the transaction failed, at the latest at commit. */
  onRollback(callback: () => void): void
}

/** Runs within a transaction. */
export type Work<T> = (queries: Queries, transaction: Transaction) => Promise<T>

export interface GroupCommit {
  /** Resolves with what `work` returned once it is stored. Throws what `work` throws, and what the transaction does. */
  write<T>(durability: Durability, work: Work<T>): Promise<T>
  /** Resolves once every write asked for so far is stored or refused. */
  written(): Promise<void>
}

/**
 * Writes that wait at the same time share one transaction and one sync of the disk, because the sync costs more than all
 * else they do. A write joins the **gathering** group. The group starts at the end of the turn of the event loop in which
 * the group before it was **stored**. Within the group each write has its own savepoint: one that throws takes only itself
 * back, and only its own `onRollback` is called.
 */
export function createGroupCommit({ transact, isFatal }: GroupCommitOptions): GroupCommit {
  let gathering: Member[] | undefined
  let stored = Promise.resolve()

  function join(member: Member): void {
    if (gathering) return void gathering.push(member)
    const group = [member]
    gathering = group
    stored = stored
      .then(() => setImmediate())
      .then(() => {
        gathering = undefined
        return store(group)
      })
  }

  async function store(group: readonly Member[]): Promise<void> {
    const outcomes: (() => void)[] = []
    try {
      await transact(strongest(group), async queries => {
        for (const member of group) outcomes.push(await outcomeOf(queries, member, group.length > 1))
      })
      for (const tell of outcomes) tell()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async function outcomeOf(queries: Queries, member: Member, isShared: boolean): Promise<() => void> {
    if (!isShared) return member.attempt(queries)
    await queries.executeQuery(SAVEPOINT)
    try {
      const tell = await member.attempt(queries)
      await queries.executeQuery(RELEASE)
      return tell
    } catch (error) {
      if (isFatal(error)) throw error
      await queries.executeQuery(ROLLBACK)
      await queries.executeQuery(RELEASE)
      return () => member.reject(error)
    }
  }

  function member<T>(durability: Durability, work: (queries: Queries) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const attempt = async (queries: Queries) => {
      const value = await work(queries)
      return () => resolve(value)
    }
    join({ durability, attempt, reject })
    return promise
  }

  return {
    write: (durability, work) => withCallbacks(work, attempt => member(durability, attempt)),
    written: () => stored,
  }
}

/** `store` resolves once what it is given is committed, and rejects when nothing of it is. */
async function withCallbacks<T>(
  work: Work<T>,
  store: (attempt: (queries: Queries) => Promise<T>) => Promise<T>,
): Promise<T> {
  const committed: (() => void)[] = []
  const rolledBack: (() => void)[] = []
  const transaction: Transaction = {
    afterCommit: callback => void committed.push(callback),
    onRollback: callback => void rolledBack.push(callback),
  }
  const value = await store(queries => work(queries, transaction)).catch((error: unknown) => {
    for (const callback of rolledBack) callback()
    throw error
  })
  for (const callback of committed) callback()
  return value
}

const SAVEPOINT = CompiledQuery.raw('savepoint member')
const RELEASE = CompiledQuery.raw('release member')
const ROLLBACK = CompiledQuery.raw('rollback to member')

function strongest(group: readonly Member[]): Durability {
  return group.some(({ durability }) => durability === 'power') ? 'power' : 'process'
}
