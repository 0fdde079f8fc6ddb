import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkCases } from '../conformance/case.ts'
import { createSession } from '../conformance/session.ts'
import { CASES } from '../conformance/suite.ts'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { freePort } from '../harness/freePort.ts'
import { startPostgres } from '../harness/postgres.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { NGINX, startNginx } from '../network/nginx.ts'
import { createUpstream } from '../upstream/upstream.ts'

const hasNginx = existsSync(NGINX)
if (!hasNginx) console.log(`${NGINX} is not there: the tests behind a balancer are skipped`)

const TOKENS = ['Um', ' rio', ' corre', ' para', ' o', ' mar.']

/** The balancer of `deploy/`, in front of these two nodes. */
async function startBalancer(...urls: [string, string]) {
  const conf = await readFile(join(import.meta.dirname, '..', '..', 'deploy', 'nginx.conf'), 'utf8')
  const server = conf
    .replace('riacho-1:3000', new URL(urls[0]).host)
    .replace('riacho-2:3000', new URL(urls[1]).host)
    .replace('listen 8080', 'listen 127.0.0.1:PORT')
  return startNginx('', { server })
}

describe.skipIf(!hasNginx)('behind the nginx of deploy/, which gives each request to another node', () => {
  test('two nodes keep the wire', { timeout: 180_000 }, async () => {
    await using postgres = await startPostgres()
    await using folder = await temporaryFolder()
    const shared = { FILES_DIR: join(folder.path, 'files') }
    const settings = { DATABASE_URL: await postgres.createDatabase(), TRUST_PROXY: '1', ...shared }
    const start = async () => {
      const port = await freePort()
      const own = { PORT: String(port), NODE_ADDRESS: `http://127.0.0.1:${port}` }
      return startServer({ settings: { ...settings, ...own } })
    }
    await using first = await start()
    await using second = await start()
    await using balancer = await startBalancer(first.url, second.url)
    using session = createSession(balancer.url)
    const results = await checkCases(
      CASES.filter(({ last }) => !last),
      session,
    )
    const others = results.filter(({ outcome, case: { id } }) => outcome !== 'passed' && id !== 'metrics')
    expect(others.map(({ case: { id }, reason }) => `${id}: ${reason}`)).toEqual([])
  })

  test('a node dies in the middle of a reply, and its reader goes on at the other', {
    timeout: 60_000,
  }, async () => {
    await using postgres = await startPostgres()
    await using upstream = await createUpstream()
    await using folder = await temporaryFolder()
    const settings = { DATABASE_URL: await postgres.createDatabase(), TRUST_PROXY: '1', TITLES: 'words' }
    await using alive = await startServer({ upstream, settings })
    await using mortal = await startProcess({ upstream, folder, settings })
    await using balancer = await startBalancer(mortal.url, alive.url)
    const client = new TestClient(mortal.url)
    const gate = upstream.hold({ tokens: TOKENS })
    await using stream = await client.send({ content: 'Oi' })
    await gate.next(3)
    await stream.untilText('Um rio corre')
    await mortal.kill('SIGKILL')
    await stream.closed
    const browser = new TestClient(balancer.url)
    browser.cookie = client.cookie
    // As often as requests go to the dead node first.
    for (let turn = 0; turn < 4; turn += 1)
      expect((await browser.get('/api/chat/conversations')).body.conversations.length).toBe(1)
    await using again = await browser.follow(stream.start.runId, 0)
    expect(await again.end()).toMatchObject({ status: 'interrupted' })
    expect(again.text).toBe(stream.text)
    gate.open()
    for (const path of ['/metrics', '/internal/relay']) expect((await browser.get(path)).status).toBe(404)
  })
})
