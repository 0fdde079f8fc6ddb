import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

/** How SQLite numbers the two ways to commit. Only `FULL` syncs the write-ahead log before the commit returns. */
const NORMAL = 1
const FULL = 2

/** Shows a reply in three pieces. Returns how the transaction of each piece was committed, as that transaction saw it. */
async function commitsOfReply(settings: Record<string, string>): Promise<unknown[]> {
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
  return server.rows('select synchronous from commits').map(({ synchronous }) => synchronous)
}

/** A trigger notes it, because the setting belongs to the connection of the server. */
function noteCommits(file: string): void {
  using database = new DatabaseSync(file)
  database.exec('create table commits (synchronous integer)')
  database.exec(`create trigger note after insert on journal
    begin insert into commits select synchronous from pragma_synchronous; end`)
}

test('with LOG_DURABILITY=power every piece of a reply is synced before it is shown', async () => {
  expect(await commitsOfReply({ LOG_DURABILITY: 'power' })).toEqual([FULL, FULL, FULL])
})

test('by default a piece of a reply is shown before it is synced', async () => {
  expect((await commitsOfReply({}))[0]).toBe(NORMAL)
})
