import { setImmediate } from 'node:timers/promises'
import { CompiledQuery } from 'kysely'
import type { Durability, Transaction, Work } from '../database.ts'
import type { Queries } from '../schema.ts'

export interface GroupCommitOptions {
  /** Does `work` in one transaction. Stores all of it, or throws. */
  transact(durability: Durability, work: (queries: Queries) => Promise<void>): Promise<void>
  /** Whether the transaction cannot continue after `error`. */
  isFatal(error: unknown): boolean
  /** Milliseconds since some moment before. */
  monotonic(): number
}

interface Member {
  readonly durability: Durability
  /**
   * Does the work, again from its beginning if it is called twice. Resolves with a function that tells the caller, to be called
   * once the transaction is stored.
   */
  readonly attempt: (queries: Queries) => Promise<() => void>
  readonly reject: (error: unknown) => void
}

/** A group that has worked this long since it began, or since it gave way, gives way to other work, in milliseconds. */
const LONG_WORK = 8

export interface GroupCommit {
  /** Resolves, once the write is stored, with what `work` returned. Throws what `work` or the transaction throws. */
  write<T>(durability: Durability, work: Work<T>): Promise<T>
  /**
   * Does `work` while no transaction is under way. Writes asked for meanwhile wait for it, and then share one
   * transaction. Returns and throws what `work` does.
   */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** Resolves once every earlier write is stored or refused. */
  written(): Promise<void>
}

/**
 * Writes that wait at the same time form a group, which shares one transaction and one sync of the disk. The sync costs
 * more than everything else that they do. A write joins the **gathering** group. When a group is **stored**, the
 * next group starts at the end of that turn of the event loop. At first a group has one savepoint, because with each one SQLite
 * writes out the words that it has to index. If a write throws, all writes of the group are undone. Then each is done again
 * with a savepoint of its own, so that only the one that throws again is rolled back.
 */
export function createGroupCommit({ transact, isFatal, monotonic }: GroupCommitOptions): GroupCommit {
  const turns = createTurns(monotonic)
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
    let outcomes: (() => void)[] = []
    turns.begin()
    try {
      await transact(strongest(group), async queries => {
        outcomes = (await doAll(queries, group)) ?? (await doEach(queries, group))
      })
      await turns.giveWay()
      for (const tell of outcomes) tell()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  /** Does the work of all members. If one of several throws, undoes all of it and returns `undefined`. */
  async function doAll(queries: Queries, group: readonly Member[]): Promise<(() => void)[] | undefined> {
    const undo = group.length > 1 ? await openSavepoint(queries) : undefined
    const outcomes: (() => void)[] = []
    try {
      for (const member of group) {
        outcomes.push(await member.attempt(queries))
        // After the last member too, because the commit is one more piece of work.
        await turns.giveWay()
      }
      return outcomes
    } catch (error) {
      if (!undo || isFatal(error)) throw error
      await undo()
      return undefined
    }
  }

  /** Does the work of each member. What one of them throws, only this one gets. */
  async function doEach(queries: Queries, group: readonly Member[]): Promise<(() => void)[]> {
    const outcomes: (() => void)[] = []
    for (const member of group) {
      const undo = await openSavepoint(queries)
      try {
        outcomes.push(await member.attempt(queries))
        await queries.executeQuery(RELEASE)
      } catch (error) {
        if (isFatal(error)) throw error
        await undo()
        outcomes.push(() => member.reject(error))
      }
      await turns.giveWay()
    }
    return outcomes
  }

  function enqueue<T>(durability: Durability, work: (queries: Queries) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const attempt = async (queries: Queries) => {
      const value = await work(queries)
      return () => resolve(value)
    }
    join({ durability, attempt, reject })
    return promise
  }

  return {
    write: (durability, work) =>
      withCallbacks(work, { giveWay: turns.giveWay, store: attempt => enqueue(durability, attempt) }),
    alone(work) {
      const done = stored.then(work)
      stored = done.then(nothing, nothing)
      return done
    },
    written: () => stored,
  }
}

/** Lets the event loop do other work now and then. One is enough, because groups are stored one after the other. */
function createTurns(monotonic: () => number) {
  let since = 0
  return {
    begin(): void {
      since = monotonic()
    },
    async giveWay(): Promise<void> {
      if (monotonic() - since < LONG_WORK) return
      await setImmediate()
      since = monotonic()
    },
  }
}

/** Returns a function that undoes everything since now. */
async function openSavepoint(queries: Queries): Promise<() => Promise<void>> {
  await queries.executeQuery(SAVEPOINT)
  return async () => {
    await queries.executeQuery(ROLLBACK)
    await queries.executeQuery(RELEASE)
  }
}

/** Calls the callbacks of a write. `store` resolves once the write is committed, and rejects if nothing of it is. */
async function withCallbacks<T>(
  work: Work<T>,
  {
    giveWay,
    store,
  }: Pick<Transaction, 'giveWay'> & { store: (attempt: (queries: Queries) => Promise<T>) => Promise<T> },
): Promise<T> {
  const committed: (() => void)[] = []
  const rolledBack: (() => void)[] = []
  const transaction: Transaction = {
    afterCommit: callback => void committed.push(callback),
    onRollback: callback => void rolledBack.push(callback),
    // No answer is ever lost here.
    confirmBy() {},
    giveWay,
  }
  const undone = () => {
    committed.length = 0
    for (const callback of rolledBack.splice(0)) callback()
  }
  const attempt = (queries: Queries) => {
    // An attempt before this one was rolled back.
    undone()
    return work(queries, transaction)
  }
  const value = await store(attempt).catch((error: unknown) => {
    undone()
    throw error
  })
  for (const callback of committed) callback()
  return value
}

const nothing = () => {}

const SAVEPOINT = CompiledQuery.raw('savepoint member')
const RELEASE = CompiledQuery.raw('release member')
const ROLLBACK = CompiledQuery.raw('rollback to member')

function strongest(group: readonly Member[]): Durability {
  return group.some(({ durability }) => durability === 'power') ? 'power' : 'process'
}
