import { DatabaseError } from 'pg'
import { faultOf } from '../../../../src/server/database/postgres/storageFaults.ts'
import { RefusedBatch, UnknownOutcome } from '../../../../src/server/database/postgres/window.ts'
import { withoutOverlaps } from '../../../../src/server/database/segments.ts'
import type { RunStore } from '../../../../src/server/log/runStore.ts'
import type { SharedDatabase } from '../../../../src/server/log/sharedDatabase.ts'
import { framesOf, toActiveRun, toEndedRun } from '../../../../src/server/log/storedRuns.ts'
import type { FakeClock } from '../../../harness/fakeClock.ts'
import type { Random } from '../../../harness/random.ts'
import type { FakePostgres } from './fakePostgres.ts'
import type { NodeClock } from './nodeClock.ts'

/** As long as the driver waits, in milliseconds (`database/postgres/pool.ts` and `open.ts`). */
const TIMEOUTS = { window: 6000, query: 6000, beat: 2000, look: 2000 }
/** How often, and how long, it is asked what became of a transaction whose answer was lost, in milliseconds. */
const FATE_INTERVAL = 250
const FATE_WAIT = 10_000
type Kind = keyof typeof TIMEOUTS

/** The server of the database, with what befalls it. */
export class DatabaseServer {
  readonly postgres: FakePostgres
  readonly clock: FakeClock
  /**
   * - **up**: it answers.
   * - **down**: it is no more. It refuses connections, and its next life knows nothing of the statements of the last one.
   * - **frozen**: it does nothing, and does everything that came meanwhile when it wakes.
   */
  #state: 'up' | 'down' | 'frozen' = 'up'
  /** Statements of an earlier life are lost. */
  life = 0
  /** The most milliseconds that a statement takes to come, and its answer to return. */
  slowness = 3
  /** How often an answer is lost, and how often a window is refused, although the server lives. */
  losesAnswers = 0
  refuses = 0
  #waiting: (() => void)[] = []

  constructor(postgres: FakePostgres, clock: FakeClock) {
    this.postgres = postgres
    this.clock = clock
  }

  get state(): 'up' | 'down' | 'frozen' {
    return this.#state
  }

  crash(random: Random): void {
    this.#state = 'down'
    this.life += 1
    this.#waiting = []
    this.postgres.crash(random)
  }

  freeze(): void {
    if (this.#state === 'up') this.#state = 'frozen'
  }

  recover(): void {
    this.#state = 'up'
    const waiting = this.#waiting
    this.#waiting = []
    for (const work of waiting) this.clock.schedule(work, 0)
  }

  /** Does `work` now, or once it wakes. */
  do(work: () => void): void {
    if (this.#state === 'frozen') this.#waiting.push(() => this.do(work))
    else work()
  }
}

/** The connections of one node to the database. */
export class DatabaseConnection {
  readonly #server: DatabaseServer
  readonly #clock: NodeClock
  readonly #random: Random
  #isCut = false
  /** Statements that were sent, and come when the network is whole again, although nobody waits for them any more. */
  #held: (() => void)[] = []

  constructor({ server, clock, random }: { server: DatabaseServer; clock: NodeClock; random: Random }) {
    this.#server = server
    this.#clock = clock
    this.#random = random
  }

  get isCut(): boolean {
    return this.#isCut
  }

  cut(): void {
    this.#isCut = true
  }

  heal(): void {
    this.#isCut = false
    for (const work of this.#held.splice(0)) this.#server.clock.schedule(work, this.#delay())
  }

  /** Sends a statement. `mayComeLate`: the network may deliver it after this node has given it up. */
  ask<T>(kind: Kind, work: () => T, mayComeLate = true): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const clock = this.#clock
    const server = this.#server
    let isOver = false
    const settle = (outcome: () => void) => {
      if (isOver) return
      isOver = true
      clock.cancel(timer)
      outcome()
    }
    const timer = clock.schedule(
      () => settle(() => reject(new LostAnswer('Query read timeout'))),
      TIMEOUTS[kind],
    )
    const { life } = server
    const answer = (outcome: () => void) => {
      const isLost = this.#random.chance(server.losesAnswers)
      if (this.#isCut || (isLost && this.#random.chance(0.5))) return
      server.clock.schedule(() => {
        if (this.#isCut) return
        const lost = () => reject(new LostAnswer('Connection terminated unexpectedly'))
        clock.receive(() => settle(life === server.life && !isLost ? outcome : lost))
      }, this.#delay())
    }
    const execute = () =>
      server.do(() => {
        if (server.state === 'down') return answer(() => reject(connectionRefused()))
        if (life !== server.life) return answer(() => reject(new LostAnswer('Connection terminated')))
        try {
          if (kind === 'window' && this.#random.chance(server.refuses)) throw statementTimeout()
          const done = work()
          answer(() => resolve(done))
        } catch (error) {
          answer(() => reject(error))
        }
      })
    server.clock.schedule(() => {
      if (!this.#isCut) execute()
      else if (mayComeLate && this.#random.chance(0.3)) this.#held.push(execute)
    }, this.#delay())
    return promise
  }

  /** Sends a transaction. If no answer comes, asks whether it was done, as `database/postgres/write.ts` does. */
  async write<T>(work: () => T): Promise<T> {
    const done: { value?: T } = {}
    const doing = () => {
      done.value = work()
    }
    const sent = await this.ask('query', doing, false).catch((error: unknown) => error)
    if (sent instanceof LostAnswer) await this.#learnFate(done, sent)
    else if (sent instanceof Error) throw sent
    return done.value as T
  }

  async #learnFate(done: object, error: LostAnswer): Promise<void> {
    const deadline = this.#clock.monotonic() + FATE_WAIT
    while (this.#clock.monotonic() < deadline) {
      await new Promise<void>(resolve => this.#clock.schedule(resolve, FATE_INTERVAL))
      const isDone = await this.ask('query', () => 'value' in done).catch(() => undefined)
      if (isDone) return
      if (isDone === false) break
    }
    throw error
  }

  #delay(): number {
    return this.#random.next() * this.#server.slowness
  }
}

/** The statement was sent, and no answer came. */
export class LostAnswer extends Error {}

function connectionRefused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
}

/** What the server says of a statement that took too long. */
export function statementTimeout(): DatabaseError {
  const error = new DatabaseError('canceling statement due to statement timeout', 0, 'error')
  return Object.assign(error, { severity: 'ERROR', code: '57014' })
}

/** The database as one node asks it. */
export function shareDatabase(postgres: FakePostgres, connection: DatabaseConnection): SharedDatabase {
  const faulty = (error: unknown) => {
    throw faultOf(error)
  }
  const query = <T>(work: () => T) => connection.ask('query', work).catch(faulty)
  const write = <T>(work: () => T) => connection.write(work).catch(faulty)
  const look = <T>(work: () => T) => connection.ask('look', work)
  return {
    nodes: {
      register: node => write(() => postgres.register(node)),
      beat: id => connection.ask('beat', () => postgres.beat(id)),
      list: () => look(() => postgres.list()),
      time: () => look(() => postgres.time()),
      stops: nodeId => look(() => postgres.stops(nodeId)),
      ownRunIds: nodeId => look(() => postgres.ownRunIds(nodeId)),
      ownRuns: (nodeId, isWanted) => query(() => postgres.ownRuns(nodeId, isWanted)),
      takeOver: dead => write(() => postgres.takeOver(dead)),
      countResume: runId => write(() => postgres.countResume(runId)),
      forget: id => write(() => postgres.forget(id)),
    },
    remote: {
      run: ({ id, ownerId }) =>
        query(() => postgres.run(id)?.row).then(row => (row?.owner_id === ownerId ? row : undefined)),
      states: runIds => query(() => postgres.states(runIds)),
      lastBatches: nodeIds => query(() => postgres.lastBatches(nodeIds)),
      journals: (nodeIds, cursors) => query(() => postgres.journals(nodeIds, cursors)),
      askToStop: runId => write(() => postgres.askToStop(runId)),
    },
    sendBatch: batch =>
      connection
        .ask('window', () => postgres.store(batch))
        .catch((cause: unknown) => {
          if (cause instanceof LostAnswer) throw new UnknownOutcome('', { cause })
          throw cause instanceof DatabaseError ? new RefusedBatch('', { cause }) : cause
        }),
    createStore({ node, windows }): RunStore {
      const segmentsOf = async (runId: string, after: number) => {
        const owned = windows.journaledAfter(runId, after)
        if (owned.length === 0) return query(() => postgres.segments(runId, after))
        return withoutOverlaps([...(await query(() => postgres.settled(runId, after))), ...owned])
      }
      return {
        accept(_, run) {
          const { id } = node
          return connection.ask('query', () => postgres.accept(run, id), false)
        },
        commit: (writes, durability, onStalled) => windows.commit(writes, durability, onStalled),
        async read({ id, ownerId }) {
          const { row, parts } = (await query(() => postgres.run(id))) ?? {}
          if (row?.owner_id !== ownerId) return undefined
          return parts === undefined
            ? toActiveRun(row, await segmentsOf(id, 0))
            : toEndedRun(row, JSON.parse(parts))
        },
        framesAfter: async (runId, seq) => framesOf(await segmentsOf(runId, seq), seq + 1),
        sync: () => windows.sync(),
        async settleJournal() {
          await query(() => postgres.askToSettle(node.id))
          await windows.settle()
        },
        deleteOldEvents: async () => {},
      }
    },
  }
}
