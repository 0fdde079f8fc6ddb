import type { Mutation } from './mutate.ts'

const SIMULATION = { test: 'test/proof/nodes.test.ts', name: '15 nodes keep their promises' }

/** Ways to break what nodes on one database rely on of each other. */
export const SIMULATION_MUTATIONS: readonly Mutation[] = [
  {
    promise: 6,
    breaks: 'nodes take over from one that lives',
    file: 'src/server/log/leaseWatch.ts',
    from: 'LEASE = 12_000',
    to: 'LEASE = 3000',
    ...SIMULATION,
  },
  {
    promise: 6,
    breaks: 'a node that was frozen takes over from all others',
    file: 'src/server/log/leaseWatch.ts',
    from: 'if (at - this.#lookedAt > LONGEST_GAP) this.forget()',
    to: '',
    test: 'src/server/log/leaseWatch.test.ts',
    name: 'who was frozen has seen nothing either',
  },
  {
    promise: 6,
    breaks: 'a node that cannot beat goes on showing',
    file: 'src/server/log/postgresNode.ts',
    from: 'clock.monotonic() - this.#beatAt > TRUST',
    to: 'clock.monotonic() - this.#beatAt > TRUST * 1000',
    ...SIMULATION,
  },
  {
    promise: 6,
    breaks: 'nobody looks for runs that a node has lost',
    file: 'src/server/log/postgresNode.ts',
    from: 'if (this.#lost.size > 0) this.#events?.onDeath()',
    to: '',
    test: 'test/contracts/lostRuns.test.ts',
  },
  {
    promise: 2,
    breaks: 'a batch is sent again with other bytes',
    file: 'src/server/log/windowBatches.ts',
    from: 'await this.#send(batch)',
    to: 'await this.#send(isUnknown ? batch.with(3, null) : batch)',
    ...SIMULATION,
  },
  {
    promise: 2,
    breaks: 'what is not synced is forgotten too early',
    file: 'src/server/log/windowBatches.ts',
    from: 'else stored.unsynced.push(batch)',
    to: 'else stored.unsynced = [batch]',
    test: 'test/proof/refusedBatch.test.ts',
  },
  {
    promise: 2,
    breaks: 'a batch names one that was refused',
    file: 'src/server/log/windowBatches.ts',
    from: 'return this.#stored.last',
    to: 'return this.#number',
    test: 'test/proof/refusedBatch.test.ts',
  },
  {
    promise: 3,
    breaks: 'a batch that the network brings once more takes a checkpoint back',
    file: 'src/server/database/postgres/window.ts',
    from: 'between $33::bigint and $3::bigint',
    to: '>= $33::bigint',
    test: 'test/contracts/sharedDatabase.test.ts',
    name: 'changes nothing by a batch that comes again after the journal was cleared',
  },
]
