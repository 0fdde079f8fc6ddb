import type { Mutation } from './mutate.ts'

const SWEEPS = { test: 'test/contracts/retention.test.ts' }

/** Ways in which what deletes by itself breaks the ninth promise, or takes more than it may. */
const MUTATIONS: readonly Omit<Mutation, 'promise'>[] = [
  {
    breaks: 'retention deletes what is pinned',
    file: 'src/server/database/retention.ts',
    from: "    .where('pinned', '=', sql.lit(0 as const))\n",
    to: '',
    ...SWEEPS,
    name: 'a sweep deletes what is untouched',
  },
  {
    breaks: 'retention deletes a conversation in which a reply is being written',
    file: 'src/server/database/retention.ts',
    from: "and status = 'active')",
    to: "and status = 'none')",
    ...SWEEPS,
    name: 'a sweep deletes what is untouched',
  },
  {
    breaks: 'retention deletes without a notice',
    file: 'src/server/database/retention.ts',
    from: 'now < since + NOTICE ? undefined',
    to: 'now < since ? undefined',
    ...SWEEPS,
    name: 'a rule of the installation deletes nothing for seven days',
  },
  {
    breaks: 'the time of one owner deletes the conversations of all',
    file: 'src/server/conversations/retentionService.ts',
    from: 'await deleteDue(owner, owner.owner_id)',
    to: 'await deleteDue(owner)',
    ...SWEEPS,
    name: 'an owner lets conversations go sooner',
  },
  {
    breaks: 'a message does not touch its conversation',
    file: 'src/server/database/conversations.ts',
    from: '      touched_at: touchedAt,\n      position: dialectOf(queries).nextPosition,\n    })\n',
    to: '      position: dialectOf(queries).nextPosition,\n    })\n',
    ...SWEEPS,
    name: 'a conversation that somebody touches stays',
  },
]

export const RETENTION_MUTATIONS: readonly Mutation[] = MUTATIONS.map(mutation => ({
  promise: 9,
  ...mutation,
}))
