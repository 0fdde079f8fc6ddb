import { expect, test } from 'vitest'
import { openSqlite } from '../../src/server/database/sqlite/open.ts'
import { writeSetting } from '../../src/server/database/storedSettings.ts'
import { finished } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { silentLogger } from '../harness/log.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const RETENTION = '/api/chat/retention'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

test('by default nothing is deleted by itself, and nobody needs a cookie to read that', async () => {
  await using server = await startServer()
  const client = server.client()
  const { headers, body } = await client.get(RETENTION)
  expect([headers['set-cookie'], body]).toEqual([
    undefined,
    { retention: { days: null, maxDays: null, temporaryHours: 24 } },
  ])
  const { conversationId } = await finished(client)
  expect((await client.get(`${ROOT}/${conversationId}`)).body.conversation.expiresAt).toBeNull()
})

test('an owner chooses a time, up to that of the installation, and takes it back', async () => {
  await using server = await startServer({ settings: { RETENTION_DAYS: '90' } })
  const client = server.client()
  const choose = (body: unknown) => client.call('PUT', RETENTION, { body })
  const { conversation } = (await client.post(ROOT, {})).body
  const noticed = Number(conversation.expiresAt) - conversation.createdAt
  expect(Math.abs(noticed - 90 * DAY)).toBeLessThan(MINUTE)

  expect((await choose({ days: 30 })).body).toEqual({
    retention: { days: 30, maxDays: 90, temporaryHours: 24 },
  })
  expect((await client.get(RETENTION)).body).toEqual({
    retention: { days: 30, maxDays: 90, temporaryHours: 24 },
  })
  const [listed] = (await client.get(ROOT)).body.conversations
  expect(Number(conversation.expiresAt) - Number(listed?.expiresAt)).toBeGreaterThan(59 * DAY)
  const pinned = await client.call('PATCH', `${ROOT}/${conversation.id}`, { body: { pinned: true } })
  expect(pinned.body.conversation.expiresAt).toBeNull()
  expect((await server.client().get(RETENTION)).body).toEqual({
    retention: { days: null, maxDays: 90, temporaryHours: 24 },
  })

  for (const body of [{ days: 0 }, { days: 3651 }, { days: 1.5 }, { days: '30' }, {}, { days: 30, x: 1 }]) {
    const refused = await choose(body)
    expect([refused.status, refused.body.code]).toEqual([400, 'INVALID_REQUEST'])
  }
  const longer = await choose({ days: 91 })
  expect([longer.status, longer.body.issues]).toEqual([400, ['days: must be at most 90']])
  expect((await choose({ days: null })).body).toEqual({
    retention: { days: null, maxDays: 90, temporaryHours: 24 },
  })

  await choose({ days: 30 })
  await client.call('DELETE', '/api/chat/owner')
  expect(server.rows('select * from owner_retention')).toEqual([])
})

// The time of PostgreSQL counts there, and no test can move it: test/contracts/retention.test.ts.
test.skipIf(onPostgres)(
  'what nobody touches goes with its shares, can be restored for ten minutes, and begins anew then',
  async () => {
    await using upstream = await createUpstream()
    const clock = createShiftedClock()
    await using server = await startServer({ upstream, clock, settings: { RETENTION_DAYS: '30' } })
    const client = server.client()
    const old = await finished(client)
    const pinned = await finished(client, { content: 'Fixada' })
    const renamed = await finished(client, { content: 'Outra' })
    const { share } = (await client.post(`${ROOT}/${old.conversationId}/shares`)).body
    await client.call('PATCH', `${ROOT}/${pinned.conversationId}`, { body: { pinned: true } })
    clock.shift(20 * DAY)
    await client.call('PATCH', `${ROOT}/${renamed.conversationId}`, { body: { title: 'Nova' } })
    clock.shift(10 * DAY)
    // Each look lets a minute pass, because a sweep that is under way has begun before.
    const listed = async () => {
      clock.shift(MINUTE)
      return (await client.get(ROOT)).body.conversations.map(({ id }: { id: string }) => id)
    }
    await expect.poll(listed).toEqual([pinned.conversationId, renamed.conversationId])
    expect((await client.get(`/api/chat/shared/${share.id}`)).status).toBe(404)

    const restored = await client.post(`${ROOT}/${old.conversationId}/restore`)
    expect(restored.status).toBe(200)
    expect(Number(restored.body.conversation.expiresAt) - clock.now()).toBeGreaterThan(29 * DAY)
    clock.shift(MINUTE)
    expect((await client.get(`/api/chat/shared/${share.id}`)).status).toBe(200)

    // Ten days later the other one is due, and ten minutes after that it is erased.
    clock.shift(20 * DAY)
    await expect.poll(listed).toEqual([pinned.conversationId, old.conversationId])
    clock.shift(11 * MINUTE)
    const left = () => {
      clock.shift(MINUTE)
      return server.rows('select id from conversations where id = ?', renamed.conversationId)
    }
    await expect.poll(left).toEqual([])
  },
)

test.skipIf(onPostgres)(
  'a sweep that is killed between two slices leaves whole conversations, and the next process goes on',
  async () => {
    await using folder = await temporaryFolder()
    const file = `${folder.path}/riacho.db`
    const count = 20_000
    await seed(file, count)
    const settings = { RETENTION_DAYS: '30' }
    const due = "select count(*) as n from conversations where id like 'old%' and deleted_at is null"
    {
      await using server = await startProcess({ folder, settings })
      const left = () => Number(server.rows(due)[0]?.['n'])
      await expect.poll(left, { interval: 1 }).toBeLessThan(count)
      await server.kill('SIGKILL')
      console.log(`killed with ${left()} of ${count} left`)
    }
    await using server = await startProcess({ folder, settings })
    await expect.poll(() => server.rows(due)[0]?.['n'], { timeout: 30_000 }).toBe(0)
    expect(server.rows("select id from conversations where id not like 'old%' order by id")).toEqual([
      { id: 'new' },
      { id: 'pinned' },
    ])
    expect(
      server.rows("select id from conversations where id not like 'old%' and deleted_at is not null"),
    ).toEqual([])
    expect(server.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  },
)

/** A database with `count` conversations that are due, and a rule whose notice has passed. */
async function seed(file: string, count: number): Promise<void> {
  const database = await openSqlite(file, silentLogger)
  const now = Date.now()
  const row = (id: string, days: number, pinned: 0 | 1 = 0) => ({
    id,
    owner_id: 'o',
    title: '',
    status: 'OPEN' as const,
    archived: 0 as const,
    pinned,
    title_final: 1 as const,
    assistant: 'riacho',
    created_at: 1,
    updated_at: now - days * DAY,
  })
  await database.write('power', async queries => {
    await writeSetting(queries, {
      key: 'retention_rule',
      value: JSON.stringify({ days: 30, since: now - 8 * DAY }),
    })
    await queries
      .insertInto('conversations')
      .values([row('new', 29), row('pinned', 90, 1)])
      .execute()
    for (let at = 0; at < count; at += 1000) {
      const rows = Array.from({ length: 1000 }, (_, index) => row(`old ${at + index}`, 31))
      await queries.insertInto('conversations').values(rows).execute()
    }
  })
  await database.close()
}
