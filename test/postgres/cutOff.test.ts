import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LEASE } from '../../src/server/log/leaseWatch.ts'
import { TestClient, type TestStream } from '../harness/client.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']
/** The longest that readers may wait for the runs of a dead node, in milliseconds. */
const TAKEOVER = 20_000
/** Longer than a node may be silent before others take it for dead. */
const PAST_THE_LEASE = LEASE + 4000
const PATIENT = 90_000

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** A node in this process, and one as a process whose link to PostgreSQL can be broken. The same person is at both. */
async function openNodes(upstream: Upstream) {
  const url = new URL(await postgres.createDatabase())
  const link = await createFaultProxy(postgres.port)
  const folder = await temporaryFolder()
  const fine = await startServer({ upstream, settings: { DATABASE_URL: url.href, TITLES: 'words' } })
  url.port = String(link.port)
  const cut = await startProcess({ upstream, folder, settings: { DATABASE_URL: url.href, TITLES: 'words' } })
  const [atFine, atCut] = [new TestClient(fine.url), new TestClient(cut.url)]
  await atFine.get('/api/chat/conversations')
  atCut.cookie = atFine.cookie
  return {
    link,
    cut,
    atFine,
    atCut,
    rows: fine.rows,
    async [Symbol.asyncDispose]() {
      await cut[Symbol.asyncDispose]()
      await fine[Symbol.asyncDispose]()
      await link[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test(
  'a node that is cut off from PostgreSQL shows nothing more, another one ends its run, and it is of use again afterwards',
  async () => {
    await using upstream = await createUpstream()
    await using nodes = await openNodes(upstream)
    const gate = upstream.hold({ tokens: TOKENS })
    await using stream = await nodes.atCut.send({ content: 'Oi' })
    await using elsewhere = await nodes.atFine.follow(stream.start.runId)
    await gate.next(2)
    await stream.untilText('Um rio')
    await elsewhere.untilText('Um rio')
    const cutAt = performance.now()
    nodes.link.set({ swallows: true })
    await gate.next(2)
    await stream.until(({ event }) => event.type === 'run-wait')
    expect(await elsewhere.end()).toMatchObject({ status: 'interrupted' })
    expect(performance.now() - cutAt).toBeLessThan(TAKEOVER)
    // It is sent away without an end.
    await stream.closed
    expect([stream.text, elsewhere.text]).toEqual(['Um rio', 'Um rio'])
    gate.open()
    nodes.link.set({})
    upstream.reply({ tokens: ['Sim.'] })
    await expect
      .poll(async () => (await nodes.atCut.post('/api/chat/send', { content: 'Oi' })).status, {
        timeout: 30_000,
      })
      .toBe(200)
    await using again = await nodes.atCut.follow(stream.start.runId, lastSeqOf(stream))
    expect(await again.end()).toMatchObject({ status: 'interrupted' })
  },
  PATIENT,
)

test(
  'a reader whose node is cut off from PostgreSQL gets the rest of another node’s reply afterwards, each token once',
  async () => {
    await using upstream = await createUpstream()
    await using nodes = await openNodes(upstream)
    const gate = upstream.hold({ tokens: TOKENS })
    await using stream = await nodes.atFine.send({ content: 'Oi' })
    await using reader = await nodes.atCut.follow(stream.start.runId)
    await gate.next(2)
    await reader.untilText('Um rio')
    nodes.link.set({ swallows: true })
    await gate.next(2)
    await stream.untilText('corre para')
    await reader.until(({ event }) => event.type === 'run-wait')
    expect(reader.text).toBe('Um rio')
    nodes.link.set({})
    await reader.untilText('corre para')
    gate.open()
    for (const each of [stream, reader]) expect(await each.end()).toMatchObject({ status: 'completed' })
    expect(reader.text).toBe(TOKENS.join(''))
  },
  PATIENT,
)

/** Freezes all processes of PostgreSQL, or lets them go on. */
function signalPostgres(signal: 'STOP' | 'CONT'): void {
  const parent = postgres.child.pid
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { encoding: 'utf8' })
  for (const pid of [parent, ...children.trim().split(/\s+/).map(Number)])
    if (pid) process.kill(pid, `SIG${signal}`)
}

test.each([
  {
    outage: 'frozen',
    begin: async () => signalPostgres('STOP'),
    end: async () => signalPostgres('CONT'),
  },
  { outage: 'away', begin: () => postgres.kill('SIGINT'), end: () => postgres.start() },
])(
  'while PostgreSQL is $outage for longer than a lease nobody takes over from the living, and all replies go on',
  async ({ begin, end }) => {
    await using upstream = await createUpstream()
    await using nodes = await openNodes(upstream)
    const gates = [1, 2].map(() => upstream.hold({ tokens: TOKENS }))
    await using first = await nodes.atFine.send({ content: 'Oi' })
    await using second = await nodes.atCut.send({ content: 'Oi' })
    for (const gate of gates) await gate.next(2)
    for (const stream of [first, second]) await stream.untilText('Um rio')
    await begin()
    for (const gate of gates) await gate.next(1)
    await delay(PAST_THE_LEASE)
    await end()
    for (const gate of gates) gate.open()
    // After ten seconds without the database a node sends its readers away, because another one might write its runs.
    for (const [client, stream] of [
      [nodes.atFine, first],
      [nodes.atCut, second],
    ] as const) {
      await stream.closed
      const rest = await followUntilThere(client, stream.start.runId, lastSeqOf(stream))
      expect(await rest.end()).toMatchObject({ status: 'completed' })
      expect(stream.text + rest.text).toBe(TOKENS.join(''))
    }
    expect(nodes.rows('select count(*) n from nodes where dead_at is not null')).toEqual([{ n: 0 }])
  },
  PATIENT,
)

/** `run-wait` has no number. */
function lastSeqOf({ frames }: TestStream): number {
  return Math.max(0, ...frames.map(({ seq }) => seq).filter(seq => !Number.isNaN(seq)))
}

/** A node refuses readers until it trusts itself again. */
async function followUntilThere(client: TestClient, runId: string, after: number) {
  for (;;) {
    const stream = await client.follow(runId, after)
    if (stream.status === 200) return stream
    expect(stream.status).toBe(503)
    await stream.cut()
    await delay(200)
  }
}

test(
  'a node that loses its lease while it drains leaves its run to the others, and ends',
  async () => {
    await using upstream = await createUpstream()
    await using nodes = await openNodes(upstream)
    const gate = upstream.hold({ tokens: TOKENS })
    await using stream = await nodes.atCut.send({ content: 'Oi' })
    await using elsewhere = await nodes.atFine.follow(stream.start.runId)
    await gate.next(2)
    await stream.untilText('Um rio')
    nodes.cut.child.kill('SIGTERM')
    nodes.cut.child.kill('SIGSTOP')
    expect(await elsewhere.end()).toMatchObject({ status: 'interrupted' })
    expect(elsewhere.text).toBe('Um rio')
    gate.open()
    expect(await nodes.cut.kill('SIGCONT')).toBe(0)
    expect(nodes.rows('select status from runs')).toEqual([{ status: 'interrupted' }])
  },
  PATIENT,
)
