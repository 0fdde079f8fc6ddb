import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

/** How SQLite numbers the two ways to commit. Only `FULL` syncs the write-ahead log before the commit returns. */
const NORMAL = 1
const FULL = 2

/**
 * Sends a message, and shows a reply in three pieces. Returns how the transactions of the message and of each piece were
 * committed, as they saw it.
 */
async function commitsOf(settings: Record<string, string>) {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois', ' três'] })
  await using server = await startServer({ upstream, folder, settings })
  noteCommits(join(folder.path, 'riacho.db'))
  await using stream = await server.client().send({ content: 'Conte.' })
  for (const text of ['um', 'um dois', 'um dois três']) {
    await gate.next()
    await stream.untilText(text)
  }
  const storing = (what: string) =>
    server.rows('select how from commits where what = ?', what).map(({ how }) => how)
  return { message: storing('messages'), pieces: storing('journal') }
}

/** Triggers note it, because the setting belongs to the connection of the server. */
function noteCommits(file: string): void {
  using database = new DatabaseSync(file)
  database.exec('create table commits (what text, how integer)')
  for (const table of ['messages', 'journal']) {
    database.exec(`create trigger note_${table} after insert on ${table}
      begin insert into commits select '${table}', synchronous from pragma_synchronous; end`)
  }
}

test('with LOG_DURABILITY=power every piece of a reply is synced before it is shown', async () => {
  const { pieces } = await commitsOf({ LOG_DURABILITY: 'power' })
  expect(pieces).toEqual([FULL, FULL, FULL])
})

test('by default a message is synced before it is answered, and a piece of a reply is shown before its sync', async () => {
  const { message, pieces } = await commitsOf({})
  expect(message).toEqual([FULL])
  expect(pieces[0]).toBe(NORMAL)
})
