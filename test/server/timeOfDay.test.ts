import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { PROBE_PATH } from '../../src/protocol/probe.ts'
import { type Answer, finished, type TestClient } from '../harness/client.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { createShiftedClock, type ShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY
const ROOT = '/api/chat/conversations'

interface Place extends AsyncDisposable {
  upstream: Upstream
  server: TestServer
  client: TestClient
  clock: ShiftedClock
}

async function begin(
  options: { settings?: Record<string, string>; folder?: TestFolder; clock?: ShiftedClock } = {},
): Promise<Place> {
  const { clock = createShiftedClock() } = options
  const upstream = await createUpstream()
  const server = await startServer({ upstream, clock, ...options })
  return {
    upstream,
    server,
    clock,
    client: server.client(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

/** Another connection that holds the write lock of the database until it is disposed. */
function lock(server: TestServer): Disposable {
  const database = new DatabaseSync(server.databaseFile)
  database.exec('begin immediate')
  return { [Symbol.dispose]: () => database.close() }
}

async function idsOf(client: TestClient, path: string): Promise<string[]> {
  return (await client.get(path)).body.conversations.map(({ id }) => id)
}

describe.each([
  ['an hour back', -HOUR],
  ['an hour forward', HOUR],
  ['a day back', -DAY],
  ['a day forward', DAY],
  ['ten years back', -10 * YEAR],
  ['ten years forward', 10 * YEAR],
])('when the time of day is set %s', (_name, jump) => {
  test('a reply keeps its place after the question, and its times', async () => {
    await using place = await begin()
    const { upstream, client, clock } = place
    const gate = upstream.hold({ reasoning: ['hm'], tokens: ['um', ' dois'] })
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    clock.setTimeOfDay(jump)
    await gate.next()
    await stream.untilText('um')
    clock.setTimeOfDay(jump)
    gate.open()
    const { timing } = await stream.end()
    for (const time of Object.values(timing ?? { none: -1 })) {
      expect(time).toBeGreaterThanOrEqual(0)
      expect(time).toBeLessThan(MINUTE)
    }
    const { body } = await client.get(`${ROOT}/${stream.start.conversationId}`)
    expect(body.messages.map(({ role }) => role)).toEqual(['USER', 'ASSISTANT'])
    expect(textOf(body.messages[1]?.parts ?? [])).toBe('um dois')
    const { created_at: at } =
      place.server.rows('select created_at from messages where run_id is not null')[0] ?? {}
    expect(Math.abs(Number(at) - clock.now())).toBeLessThan(MINUTE)
  })

  test('a repeated message gives its first run, whatever was tried since', async () => {
    await using place = await begin()
    const { client, clock } = place
    const message = { content: 'Oi', clientMessageId: randomUUID() }
    const { runId, userMessageId, conversationId, messageId } = await finished(client, message)
    clock.setTimeOfDay(jump)
    await using retried = await client.retry({ userMessageId })
    await retried.end()
    clock.setTimeOfDay(-2 * jump)
    await using repeated = await client.send(message)
    expect(repeated.start.runId).toBe(runId)
    const { body } = await client.get(`${ROOT}/${conversationId}`)
    expect(body.messages.map(({ id }) => id)).toEqual([userMessageId, messageId, retried.start.messageId])
  })

  test('Stop ends a reply, and it can be continued', async () => {
    await using place = await begin()
    const { upstream, client, clock } = place
    const gate = upstream.hold({ tokens: ['um', ' dois'] })
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    await stream.untilText('um')
    clock.setTimeOfDay(jump)
    const { runId, conversationId, userMessageId, messageId } = stream.start
    const stopped = await client.post(`/api/chat/runs/${runId}/stop`)
    expect([stopped.status, stopped.body.status]).toEqual([200, 'stopped'])
    clock.setTimeOfDay(jump)
    upstream.replyOnce({ tokens: [' três'] })
    await using rest = await client.retry({ userMessageId, continueMessageId: messageId })
    await rest.end()
    const { body } = await client.get(`${ROOT}/${conversationId}`)
    expect(body.messages.map(({ parts }) => textOf(parts))).toEqual(['Oi', 'um', 'um três'])
  })

  test('a title is written to its end', async () => {
    await using place = await begin()
    const { upstream, client, clock } = place
    const { conversationId } = await finished(client, { content: 'Como faço pão de queijo em casa?' })
    const gate = upstream.hold({ tokens: ['Pão', ' de queijo'] })
    await using title = await client.title(conversationId)
    await gate.next()
    await title.untilText('Pão')
    clock.setTimeOfDay(jump)
    gate.open()
    expect(await title.title()).toBe('Pão de queijo')
  })

  test('the conversation and the share that came last are the first of their lists', async () => {
    await using place = await begin()
    const { client, clock } = place
    const ids: string[] = []
    for (const content of ['um', 'dois', 'três']) {
      const { conversationId } = await finished(client, { content })
      ids.unshift(conversationId)
      await client.post(`${ROOT}/${conversationId}/shares`)
      clock.setTimeOfDay(jump)
    }
    expect(await idsOf(client, ROOT)).toEqual(ids)
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: Answer = await client.get(`${ROOT}?limit=1${cursor && `&cursor=${cursor}`}`)
      paged.push(...body.conversations.map(({ id }) => id))
      cursor = body.nextCursor
    }
    expect(paged).toEqual(ids)
    const { shares } = (await client.get('/api/chat/shares')).body
    expect(shares.map(({ conversationId }) => conversationId)).toEqual(ids)
    for (const { id } of shares) expect((await client.get(`/api/chat/shared/${id}`)).status).toBe(200)
    const [newest = '', , oldest = ''] = ids
    await finished(client, { content: 'quatro', conversationId: oldest })
    expect(await idsOf(client, ROOT)).toEqual([oldest, newest, ids[1]])
  })

  // The time of PostgreSQL counts there, and no test can move it: test/postgres/time.test.ts.
  test.skipIf(onPostgres)('a deletion can be undone for ten minutes, and is erased after that', async () => {
    await using place = await begin()
    const { server, client, clock } = place
    const path = `${ROOT}/${(await finished(client)).conversationId}`
    await client.call('DELETE', path)
    clock.setTimeOfDay(jump)
    clock.shift(9 * MINUTE)
    expect((await client.post(`${path}/restore`)).status).toBe(200)
    await client.call('DELETE', path)
    clock.setTimeOfDay(-2 * jump)
    clock.shift(10 * MINUTE + 1)
    expect((await client.post(`${path}/restore`)).status).toBe(404)
    await expect.poll(() => server.rows('select id from conversations'), { timeout: 10_000 }).toEqual([])
  })

  test('the events of an ended run are kept for their hours, and not longer', async () => {
    await using place = await begin({ settings: { LOG_RETENTION_HOURS: '2' } })
    const { server, client, clock } = place
    await finished(client)
    clock.setTimeOfDay(jump)
    const { messageId } = await finished(client, { content: 'E aí?' })
    const count = () => server.rows('select 1 from segments').length
    const kept = count()
    clock.shift(HOUR)
    // The answer comes after a write, and so after the sweep.
    await client.get('/api/ready')
    expect(count()).toBe(kept)
    const countLater = () => {
      clock.shift(HOUR)
      return count()
    }
    await expect.poll(countLater).toBe(0)
    expect(server.rows('select id from messages where id = ?', messageId).length).toBe(1)
  })

  test.skipIf(onPostgres)('a locked database is not ready, and is ready again once it is free', async () => {
    await using place = await begin()
    const { server, client, clock } = place
    expect((await client.get('/api/ready')).status).toBe(200)
    clock.setTimeOfDay(jump)
    {
      using _locked = lock(server)
      clock.shift(SECOND)
      expect((await client.get('/api/ready')).status).toBe(503)
    }
    clock.setTimeOfDay(-2 * jump)
    clock.shift(SECOND)
    expect((await client.get('/api/ready')).status).toBe(200)
  })

  test.skipIf(onPostgres)('a run that can store nothing ends after ten seconds, and not before', async () => {
    await using place = await begin()
    const { upstream, server, client, clock } = place
    const gate = upstream.hold({ tokens: ['um', ' dois', ' três'] })
    await using stream = await client.send({ content: 'Oi' })
    await gate.next()
    await stream.untilText('um')
    const request = await upstream.request(0)
    {
      using _locked = lock(server)
      await gate.next()
      await stream.until(({ event }) => event.type === 'run-wait')
      clock.setTimeOfDay(jump)
      clock.shift(8 * SECOND)
      await client.get('/api/ready')
      expect(request.isClosed).toBe(false)
      clock.shift(2 * SECOND)
      expect(await request.closed).toBe('client')
    }
    expect(await stream.end()).toMatchObject({ status: 'failed', code: 'STORAGE_UNAVAILABLE' })
  })

  // The time of PostgreSQL counts there, and no test can move it: test/postgres/time.test.ts.
  test.skipIf(onPostgres)(
    'an address may ask again a minute after its first request, and not before',
    async () => {
      await using place = await begin({ settings: { RATE_LIMIT_PER_MINUTE: '1' } })
      const { client, clock } = place
      await finished(client)
      clock.setTimeOfDay(jump)
      clock.shift(30 * SECOND)
      const refused = await client.post('/api/chat/send', { content: 'Oi' })
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED'])
      expect(refused.body.retryAfter).toBeGreaterThan(0)
      expect(refused.body.retryAfter).toBeLessThanOrEqual(30)
      expect(refused.headers['retry-after']).toBe(String(refused.body.retryAfter))
      clock.shift(30 * SECOND)
      await finished(client)
    },
  )

  test('a cookie still names its owner', async () => {
    await using place = await begin()
    const { client, clock } = place
    const { conversationId } = await finished(client)
    clock.setTimeOfDay(jump)
    const answer = await client.get(ROOT)
    expect(answer.headers['riacho-owner']).toBeUndefined()
    expect(answer.body.conversations.map(({ id }) => id)).toEqual([conversationId])
  })

  test('the ticks of a probe tell how much time passed', async () => {
    await using place = await begin()
    const { client, clock } = place
    const answer = client.get(PROBE_PATH)
    await client.get('/api/health')
    clock.setTimeOfDay(jump)
    const ticks = [...(await answer).text.matchAll(/"at":(-?\d+)\}/g)].map(([, at]) => Number(at))
    expect(ticks.length).toBe(8)
    expect(ticks).toEqual(ticks.toSorted((a, b) => a - b))
    expect(ticks.at(-1)).toBeLessThan(MINUTE)
  })

  // The time of PostgreSQL counts there, and no test can move it: test/postgres/time.test.ts.
  test.skipIf(onPostgres)(
    'a server that starts again keeps what can be restored, at most ten minutes longer',
    async () => {
      await using folder = await temporaryFolder()
      const clock = createShiftedClock()
      let cookie: string | undefined
      let path = ''
      {
        await using place = await begin({ folder, clock })
        path = `${ROOT}/${(await finished(place.client)).conversationId}`
        await place.client.call('DELETE', path)
        ;({ cookie } = place.client)
      }
      clock.setTimeOfDay(jump)
      await using place = await begin({ folder, clock })
      const { server, client } = place
      client.cookie = cookie
      // A clock that went forward while no process watched cannot be told from time that passed.
      if (jump < 0) expect((await client.post(`${path}/restore`)).status).toBe(200)
      await client.call('DELETE', path)
      clock.shift(10 * MINUTE + 1)
      await expect.poll(() => server.rows('select id from conversations'), { timeout: 10_000 }).toEqual([])
    },
  )
})
