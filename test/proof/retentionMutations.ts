import type { Mutation } from './mutate.ts'

const SWEEPS = { test: 'test/contracts/retention.test.ts' }
const TEMPORARY = { test: 'test/server/temporary.test.ts' }

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
    file: 'src/server/conversations/retentionSweep.ts',
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
  {
    breaks: 'a temporary conversation is in the list',
    file: 'src/server/database/conversations.ts',
    from: "    .where('owner_id', '=', page.ownerId)\n    .where('deleted_at', 'is', null)\n    .where('temporary', '=', 0)\n",
    to: "    .where('owner_id', '=', page.ownerId)\n    .where('deleted_at', 'is', null)\n",
    ...TEMPORARY,
    name: 'it is read by its id, and is in no list',
  },
  {
    breaks: 'a message of a temporary conversation is found',
    file: 'src/server/database/sqlite/dialect.ts',
    from: 'and deleted_at is null and temporary = 0',
    to: 'and deleted_at is null',
    ...TEMPORARY,
    name: 'it is read by its id, and is in no list',
  },
  {
    breaks: 'a temporary conversation that was deleted can be restored',
    file: 'src/server/conversations/deletions.ts',
    from: 'deleted_at: isTemporary ? 0 : at',
    to: 'deleted_at: at',
    ...TEMPORARY,
    name: 'deleting it erases every row at once',
  },
  {
    breaks: 'the provider keeps the replies of temporary conversations',
    file: 'src/server/providers/openai/openaiProvider.ts',
    from: 'const isResumable = !request.keepsNothing && ',
    to: 'const isResumable = ',
    ...TEMPORARY,
    name: 'the provider is told to keep nothing of it',
  },
  {
    breaks: 'what was typed in a temporary conversation stays in the browser',
    file: 'src/client/chat/conversations/temporaryMarks.ts',
    from: '  forgetDraftsOf(browser, conversationId)\n',
    to: '',
    test: 'src/client/chat/conversations/temporaryMarks.test.ts',
  },
]

export const RETENTION_MUTATIONS: readonly Mutation[] = MUTATIONS.map(mutation => ({
  promise: 9,
  ...mutation,
}))
