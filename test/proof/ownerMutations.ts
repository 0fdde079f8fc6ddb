import type { Mutation } from './mutate.ts'

const HISTORIES = {
  test: 'test/proof/proof.test.ts',
  name: 'in histories of calls and faults everybody gets what is stored, and nobody anything else',
}

/** Ways to break the ninth promise: nobody but its owner gets anything, and what is gone is gone. */
const MUTATIONS: readonly Omit<Mutation, 'promise'>[] = [
  {
    breaks: 'another owner reads a conversation',
    file: 'src/server/database/conversations.ts',
    from: `    .select(CONVERSATION_COLUMNS)
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)`,
    to: `    .select(CONVERSATION_COLUMNS)
    .where('id', '=', id)
    .where('owner_id', '>', ownerId.slice(99))`,
    ...HISTORIES,
  },
  {
    breaks: 'the list has the conversations of everybody',
    file: 'src/server/database/conversations.ts',
    from: `    .where('owner_id', '=', page.ownerId)
`,
    to: '',
    ...HISTORIES,
  },
  {
    breaks: 'another owner finds and reads passages of a document',
    file: 'src/server/database/files/passages.ts',
    from: `    .where('file_id', 'in', ids)
    .where('owner_id', '=', ownerId)`,
    to: `    .where('file_id', 'in', ids)
    .where('owner_id', '>', ownerId.slice(99))`,
    test: 'test/contracts/passages.test.ts',
    name: 'nobody else finds anything, and nobody before the file is ready',
  },
  {
    breaks: 'a model cites what no tool has told',
    file: 'src/server/generation/citations.ts',
    from: "part.type !== 'tool' || part.server !== undefined || ",
    to: "part.type !== 'tool' || ",
    test: 'src/server/generation/citations.test.ts',
    name: 'a mark that no tool of ours told stays as it is',
  },
  {
    breaks: 'another owner replays a run',
    file: 'src/server/database/runs.ts',
    from: `    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where(notDeleted('runs.conversation_id'))`,
    to: `    .where('id', '=', id)
    .where('owner_id', '>', ownerId.slice(99))
    .where(notDeleted('runs.conversation_id'))`,
    test: 'test/contracts/runStore.test.ts',
    name: 'is read as far as it is stored, by its owner alone',
  },
  {
    breaks: 'another owner follows an active run',
    file: 'src/server/runs/follow.ts',
    from: 'if (log && log.ownerId !== ownerId) throw',
    to: `if (log?.ownerId === '') throw`,
    test: 'src/server/runs/runService.test.ts',
  },
  {
    breaks: 'another owner gives feedback',
    file: 'src/server/database/messages.ts',
    from: `    .where('owner_id', '=', ownerId)
    .where('role', '=', 'ASSISTANT')`,
    to: `    .where('owner_id', '>', ownerId.slice(99))
    .where('role', '=', 'ASSISTANT')`,
    ...HISTORIES,
  },
  {
    breaks: 'another owner revokes a share',
    file: 'src/server/database/shares.ts',
    from: `    .where('id', '=', id)
    .where('owner_id', '=', ownerId)`,
    to: `    .where('id', '=', id)
    .where('owner_id', '>', ownerId.slice(99))`,
    test: 'test/server/shares.test.ts',
    name: 'shares are listed newest first, and a revoked one is gone',
  },
  {
    breaks: 'the shares of everybody are listed',
    file: 'src/server/database/shares.ts',
    from: `    .where('owner_id', '=', ownerId)
    .where(notDeleted('shares.conversation_id'))
    .orderBy`,
    to: `    .where(notDeleted('shares.conversation_id'))
    .orderBy`,
    ...HISTORIES,
  },
  {
    breaks: 'a search looks through the words of everybody',
    file: 'src/server/database/sqlite/dialect.ts',
    from: `\${expressionOf(ownerId, words)} and message_index.rowid < \${before}
      and messages.owner_id = \${ownerId} and`,
    to: `\${expressionOf(ownerId, words).replace(/^.*AND text/, 'text')} and message_index.rowid < \${before}
      and`,
    test: 'test/server/search.test.ts',
    name: 'hits come newest first and page by page',
  },
  {
    breaks: 'a deleted conversation is still listed',
    file: 'src/server/database/conversations.ts',
    from: `    .where('owner_id', '=', page.ownerId)
    .where('deleted_at', 'is', null)`,
    to: `    .where('owner_id', '=', page.ownerId)`,
    test: 'test/server/deletion.test.ts',
    name: 'a deleted conversation answers 404 everywhere',
  },
  {
    breaks: 'a share is read after its conversation is deleted',
    file: 'src/server/database/shares.ts',
    from: `    .where('id', '=', id)
    .where(notDeleted('shares.conversation_id'))
`,
    to: `    .where('id', '=', id)
`,
    ...HISTORIES,
  },
  {
    breaks: 'a revoked share is still read',
    file: 'src/server/sharing/shares.ts',
    from: `if (!(await database.write('power', queries => deleteShare(queries, key))))`,
    to: `if (!(await database.write('power', async () => deleteShare !== undefined)))`,
    test: 'test/server/shares.test.ts',
    name: 'shares are listed newest first, and a revoked one is gone',
  },
  {
    breaks: 'a revoked session still identifies',
    file: 'src/server/access/knownTokens.ts',
    from: '    return revoked_at === null && expires_at > this.#options.steadyTime()',
    to: '    return expires_at > 0 || revoked_at === null',
    test: 'src/server/access/sessions.test.ts',
    name: 'a revoked session is nobody, with every token that it has',
  },
  {
    breaks: 'a revocation leaves the open streams',
    file: 'src/server/access/knownTokens.ts',
    from: 'for (const reader of this.#readers.get(id) ?? []) reader.revoke()',
    to: '',
    test: 'test/server/sessions.test.ts',
    name: 'the streams of a revoked session end without an end of the run, and the run goes on',
  },
  {
    breaks: 'a stream that begins during a revocation stays',
    file: 'src/server/access/knownTokens.ts',
    from: 'if (this.#revoked.has(id)) reader.revoke()',
    to: '',
    test: 'src/server/access/tokenWatch.test.ts',
    name: 'a reader that begins after its session was revoked ends at once',
  },
  {
    breaks: 'a revoked key still identifies',
    file: 'src/server/database/apiKeys.ts',
    from: '.set({ revoked_at: at, expires_at: at })',
    to: '.set({ used_at: at })',
    test: 'test/server/apiKeys.test.ts',
    name: 'a forged, revoked or ended key gets what a wrong host token gets',
  },
  {
    breaks: 'a node does not forget a key that it revokes',
    file: 'src/server/keys/keyService.ts',
    from: 'keys.learn(changes)',
    to: '',
    test: 'test/server/apiKeys.test.ts',
    name: 'a forged, revoked or ended key gets what a wrong host token gets',
  },
  {
    breaks: 'a node is not told of keys that another one revokes',
    file: 'src/server/database/postgres/tokenChanges.ts',
    from: 'from api_keys where revoked_at > $1',
    to: 'from api_keys where revoked_at > $1 and false',
    test: 'test/postgres/revokedKeys.test.ts',
  },
  {
    breaks: 'a key for reading writes',
    file: 'src/server/access/caller.ts',
    from: `scope === needed || (scope === 'write' && needed === 'read')`,
    to: `needed !== undefined`,
    test: 'test/server/apiKeys.test.ts',
    name: 'a key for reading is good for every read, and for no write',
  },
  {
    breaks: 'a wrong key becomes a visitor',
    file: 'src/server/access/apiKeys.ts',
    from: `if (!token || !(await mayComeIn(token.row))) throw new RiachoError('UNAUTHENTICATED')`,
    to: 'if (!token) return null',
    test: 'test/server/apiKeys.test.ts',
    name: 'a forged, revoked or ended key gets what a wrong host token gets',
  },
  {
    breaks: 'a key lists the sessions of its owner',
    file: 'src/server/http/routes/sessions.ts',
    from: `      path: '/api/chat/sessions',
      access: 'owner',`,
    to: `      path: '/api/chat/sessions',
      access: 'owner',
      keyScope: 'read',`,
    test: 'test/server/apiKeys.test.ts',
    name: 'no key is good for sessions, keys, or the erasure of its owner',
  },
  {
    breaks: 'an erased owner gets a key',
    file: 'src/server/database/apiKeys.ts',
    from: `if (await isErased(queries, row.owner_id)) throw new RiachoError('NOT_FOUND', 'the owner was erased')`,
    to: `if (row.owner_id === '' && (await isErased(queries, ''))) throw new RiachoError('NOT_FOUND')`,
    test: 'test/server/apiKeys.test.ts',
    name: 'an erasure ends the keys of the owner, and leaves none of their names',
  },
  {
    breaks: 'anybody revokes the session of anybody',
    file: 'src/server/database/sessions.ts',
    from: `    .set({ revoked_at: at, expires_at: at, changed_at: at })
    .where('owner_id', '=', ownerId)`,
    to: `    .set({ revoked_at: at, expires_at: at, changed_at: at })
    .where('owner_id', '>', ownerId.slice(99))`,
    test: 'test/server/sessions.test.ts',
    name: "another owner's session is as unknown as one that does not exist",
  },
  {
    breaks: 'a signed cookie comes back after its revocation',
    file: 'src/server/access/sessions.ts',
    from: 'if (row || (await findAccount',
    to: 'if ((row && signedFor === undefined) || (await findAccount',
    test: 'src/server/access/sessions.test.ts',
    name: 'stays revoked',
  },
  {
    breaks: 'a token that is replaced stays good',
    file: 'src/server/database/sessions.ts',
    from: '.set({ expires_at: until, changed_at: at })',
    to: '.set({ changed_at: at })',
    test: 'src/server/access/sessions.test.ts',
    name: 'is replaced by the next page, and never comes back',
  },
  {
    breaks: 'a sweep takes the session of somebody who has conversations',
    file: 'src/server/database/sessions.ts',
    from: `.whereRef('conversations.owner_id', '=', 'sessions.owner_id')`,
    to: `.whereRef('conversations.owner_id', '=', 'sessions.token_hash')`,
    test: 'test/contracts/sessions.test.ts',
  },
  {
    breaks: 'an erased owner writes again',
    file: 'src/server/database/conversations.ts',
    from: 'if (await isErased(queries, row.owner_id)) throw',
    to: `if (await isErased(queries, '')) throw`,
    test: 'test/server/deletion.test.ts',
    name: 'messages that other tabs send during an erasure are refused or erased',
  },
  {
    breaks: 'an erasure leaves the words in the write-ahead log',
    file: 'src/server/conversations/eraser.ts',
    from: `    await database.purge()
`,
    to: '',
    test: 'test/server/deletion.test.ts',
    name: 'no file of the database contains the text of an erased owner',
  },
  {
    breaks: 'an erasure whose answer was lost is done without a purge',
    file: 'src/server/conversations/eraser.ts',
    from: `    owesPurge = true
`,
    to: '',
    test: 'src/server/conversations/eraser.test.ts',
  },
  {
    breaks: 'the provider keeps the replies of a slice whose answer was lost',
    file: 'src/server/conversations/eraser.ts',
    from: 'await requestDeletions(id)',
    to: 'await database.eraseSome({ id, at: steadyTime() }).then(() => requestDeletions(id))',
    test: 'src/server/conversations/eraser.test.ts',
  },
  {
    breaks: 'the file is not rewritten after an erasure',
    file: 'src/server/database/sqlite/file/fileWorker.ts',
    from: "sqlite.exec('vacuum')",
    to: '',
    test: 'test/server/erasure.test.ts',
  },
  {
    breaks: 'an erasure does not mark the file',
    file: 'src/server/database/sqlite/file/eraseOnThread.ts',
    from: 'await markRewriteDue(transaction, at)',
    to: '',
    test: 'test/server/erasure.test.ts',
  },
  {
    breaks: 'a deleted conversation is never erased',
    file: 'src/server/conversations/deletions.ts',
    from: 'erase({ deletedBefore: steadyTime() - RESTORE_WINDOW })',
    to: 'erase({ deletedBefore: 0 })',
    test: 'test/server/deletion.test.ts',
    name: 'a deletion is undone for ten minutes, then erased by the running server',
  },
  {
    breaks: 'a written title replaces a given one',
    file: 'src/server/database/conversations.ts',
    from: `    .where('title_final', '=', 0)
`,
    to: '',
    test: 'test/server/titles.test.ts',
    name: 'a title that a person gives meanwhile stays',
  },
]

export const OWNER_MUTATIONS: readonly Mutation[] = MUTATIONS.map(mutation => ({ promise: 9, ...mutation }))
