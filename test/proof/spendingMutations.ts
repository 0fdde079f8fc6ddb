import type { Mutation } from './mutate.ts'

/** Ways to break the tenth promise: nobody spends more than the operator allowed. */
const MUTATIONS: readonly Omit<Mutation, 'promise'>[] = [
  {
    breaks: 'a budget does not count what active runs may use',
    file: 'src/server/spending/requireWithin.ts',
    from: 'used + reserved <= limit',
    to: 'used + added <= limit',
    test: 'test/postgres/spending.test.ts',
    name: '24 people at three nodes at once reserve no more than one budget',
  },
  {
    breaks: 'only the first request of a reply with tools is reserved',
    file: 'src/server/generation/run.ts',
    from: 'if (!isReserved && !(await this.#reserve())) return',
    to: 'if (!isReserved && this.#progress.isOver) return',
    test: 'test/server/stepBudgets.test.ts',
    name: 'ten replies that ask again at once use no more than the budget',
  },
  {
    breaks: 'what a reply used in a request that is stopped counts for nothing',
    file: 'src/server/database/spending.ts',
    from: 'usage.inputTokens + usage.outputTokens > counted_tokens',
    to: 'usage.inputTokens > 0',
    test: 'test/server/stepBudgets.test.ts',
    name: 'a reply that is stopped in its second request',
  },
  {
    breaks: 'what a process reserves takes the place of what others reserve',
    file: 'src/server/database/spending.ts',
    from: 'sql`spending_sums.reserved_tokens + excluded.reserved_tokens`',
    to: 'sql`excluded.reserved_tokens`',
    test: 'test/postgres/spending.test.ts',
    name: '24 processes that a barrier lets go at one budget reserve no more than it',
  },
  {
    breaks: 'a budget of a group bounds nobody',
    file: 'src/server/spending/boundsOf.ts',
    from: 'group: budgetOf(group) }',
    to: 'group: undefined }',
    test: 'test/server/groups.test.ts',
    name: '24 people of one group at once reserve no more than its budget',
  },
  {
    breaks: 'a reply is counted again each time that it is settled',
    file: 'src/server/database/spending.ts',
    from: ".deleteFrom('spending_reservations')\n    .where('run_id', '=', runId)",
    to: ".updateTable('spending_reservations')\n    .set({ run_id: runId })\n    .where('run_id', '=', runId)",
    test: 'src/server/spending/spending.test.ts',
    name: 'a run is settled once',
  },
  {
    breaks: 'a reply whose process died before it was counted is never counted',
    file: 'src/retention.ts',
    from: 'services.spending.settler.settleLeft)',
    to: 'async () => {})',
    test: 'test/server/budgets.test.ts',
    name: 'kill -9 between the end of a reply and its settling',
  },
]

export const SPENDING_MUTATIONS: readonly Mutation[] = MUTATIONS.map(mutation => ({
  promise: 10,
  ...mutation,
}))
