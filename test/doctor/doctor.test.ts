import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { freePort } from '../harness/freePort.ts'
import { startProcess, type TestProcess } from '../harness/server.ts'
import { everythingProgram } from '../harness/toolServers.ts'
import { NGINX, startNginx } from '../network/nginx.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const OPENSSL = '/usr/bin/openssl'
const run = promisify(execFile)

const PASSES_ALL_ON = [
  'proxy_set_header Host $http_host;',
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
]

interface Outcome {
  code: number
  output: string
  /** The verdict on each thing that was looked at. */
  verdicts: Record<string, string>
}

async function doctor(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const options = {
    cwd: ROOT,
    env: { NODE_ENV: 'production' as const, PATH: process.env['PATH'] ?? '', ...env },
  }
  const { code, stdout, stderr } = await run(process.execPath, ['src/doctor/main.ts', ...args], options).then(
    output => ({ code: 0, ...output }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  const lines = stdout.matchAll(/^(ok|note|warn|FAIL) +(\S+( \S+)?) {2}/gm)
  const verdicts = Object.fromEntries([...lines].map(([, verdict = '', check = '']) => [check, verdict]))
  return { code, output: stdout + stderr, verdicts }
}

const ALL_WELL = {
  tls: 'ok',
  reachable: 'ok',
  http: 'note',
  health: 'ok',
  clock: 'ok',
  database: 'ok',
  page: 'ok',
  cookie: 'ok',
  origin: 'ok',
  streaming: 'ok',
  compression: 'ok',
}

/** Something that is no Riacho, and answers each path with `answer`: with a page where the body is a text. */
async function startOther(answer: (path: string) => { status: number; body: unknown }) {
  const other = createServer((request, response) => {
    const { status, body } = answer(request.url ?? '')
    const type = typeof body === 'string' ? 'text/html' : 'application/json'
    response.writeHead(status, { 'content-type': type, connection: 'close' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  return {
    url: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      other.close()
      await once(other, 'close')
    },
  }
}

let folder: TestFolder
let server: TestProcess

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startProcess({ folder, settings: { TRUST_PROXY: '1', PORT: '0' } })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

test('of a server without a proxy all is well, its provider included', async () => {
  const { code, verdicts, output } = await doctor([server.url, '--ask'])
  expect(verdicts).toEqual({ ...ALL_WELL, provider: 'ok' })
  expect(output).toMatch(/provider +guide: first text after [\d.]+ m?s, completed after/)
  expect(output).toContain('nothing wrong, 0 to look at')
  expect(code).toBe(0)
  expect(server.rows('select count(*) count from conversations where deleted_at is null')).toEqual([
    { count: 0 },
  ])
})

test('of a server that requires host tokens all is well, too', async () => {
  await using other = await temporaryFolder()
  const settings = {
    HOST_TOKEN_SECRET: 'x'.repeat(32),
    HOST_TOKEN_AUDIENCE: 'riacho',
    HOST_TOKEN_REQUIRED: 'true',
  }
  await using closed = await startProcess({ folder: other, settings })
  const { code, verdicts, output } = await doctor([closed.url, '--ask'])
  expect(verdicts).toEqual({ ...ALL_WELL, cookie: 'note', provider: 'note' })
  expect(output).toContain('requires host tokens')
  expect(code).toBe(0)
})

test('of a server that only people with an account use, the page to sign in is looked at', async () => {
  await using other = await temporaryFolder()
  await using closed = await startProcess({ folder: other, settings: { ACCESS: 'invite', PORT: '0' } })
  const { verdicts } = await doctor([closed.url])
  expect(verdicts).toMatchObject({ page: 'ok', database: 'ok' })
})

test('without an address it looks at this machine too', async () => {
  const { DATABASE_URL = '' } = server.settings
  const { code, verdicts } = await doctor([], { PORT: new URL(server.url).port, DATABASE_URL })
  expect(verdicts).toEqual({
    node: 'ok',
    settings: 'ok',
    'data folder': 'ok',
    'disk space': expect.stringMatching(/ok|warn/),
    model: 'note',
    access: 'note',
    ...ALL_WELL,
    provider: 'ok',
  })
  expect(code).toBe(0)
})

test('settings with which the server does not start are told, all of them', async () => {
  const { code, output } = await doctor([], { PORT: 'many', LOG_LEVEL: 'loud' })
  expect(output).toMatch(/^FAIL {2}settings[\s\S]*→ PORT: [\s\S]*→ LOG_LEVEL: /m)
  expect(code).toBe(1)
})

test('a data folder that cannot be written is told', async () => {
  const { code, verdicts } = await doctor([], { DATABASE_URL: 'file:/proc/riacho.db', PORT: '1' })
  expect(verdicts).toMatchObject({ 'data folder': 'FAIL', reachable: 'FAIL' })
  expect(code).toBe(1)
})

test('a data folder that other users can look into is told', async () => {
  const open = join(folder.path, 'open')
  await mkdir(open)
  await chmod(open, 0o755)
  const { verdicts, output } = await doctor([], { DATABASE_URL: `file:${open}/riacho.db`, PORT: '1' })
  expect(verdicts).toMatchObject({ 'data folder': 'warn' })
  expect(output).toContain(`chmod 700 ${open}`)
})

test('a server that is down is told, and nothing else is looked at', async () => {
  const down = await startOther(() => ({ status: 200, body: {} }))
  await down[Symbol.asyncDispose]()
  const { code, verdicts, output } = await doctor([down.url])
  expect(verdicts).toEqual({ tls: 'ok', reachable: 'FAIL' })
  expect(output).toContain('the connection is refused')
  expect(code).toBe(1)
})

test('an address that is none is refused with the usage', async () => {
  const { code, output } = await doctor(['chat example com'])
  expect(output).toContain('Usage: ')
  expect(code).toBe(2)
})

test('what answers and is not Riacho is told', async () => {
  await using other = await startOther(() => ({ status: 404, body: { error: 'not found' } }))
  const { code, verdicts } = await doctor([other.url])
  expect(verdicts).toMatchObject({ reachable: 'ok', health: 'FAIL' })
  expect(code).toBe(1)
})

test('the last failure of a provider is told without asking it', async () => {
  const provider = { model: 'm', lastEnd: { status: 'failed', code: 'UPSTREAM_QUOTA' } }
  await using other = await startOther(path => ({
    status: 200,
    body: path === '/api/ready' ? { status: 'ready', provider } : { status: 'ok' },
  }))
  const { verdicts, output } = await doctor([other.url])
  expect(verdicts).toMatchObject({
    database: 'ok',
    page: 'FAIL',
    cookie: 'FAIL',
    origin: 'FAIL',
    provider: 'warn',
  })
  expect(output).toContain('m: the last reply ended as failed, UPSTREAM_QUOTA')
})

describe('the address of the provider is tried without asking for a reply', () => {
  const tried = (baseUrl: string) =>
    doctor([], {
      PORT: new URL(server.url).port,
      DATABASE_URL: server.settings['DATABASE_URL'] ?? '',
      OPENAI_BASE_URL: baseUrl,
      OPENAI_API_KEY: 'sk-river',
      OPENAI_MODEL: 'm',
    })

  const CASES = [
    ['a list of models', 200, { data: [] }, 'ok'],
    ['a server without such a list', 404, { detail: 'Not Found' }, 'ok'],
    ['a web page', 200, '<html>Sign in</html>', 'FAIL'],
    ['the page of another server', 404, '<html>Not here</html>', 'warn'],
    ['a refused key', 401, { error: {} }, 'FAIL'],
    ['a gateway whose server is gone', 502, {}, 'warn'],
  ] as const

  const outcomes = new Map<string, Outcome & { url: string; paths: string[] }>()

  // All at once, because the doctor waits most of the time.
  beforeAll(async () => {
    await Promise.all(
      CASES.map(async ([name, status, body]) => {
        const paths: string[] = []
        await using provider = await startOther(path => {
          paths.push(path)
          return { status, body }
        })
        outcomes.set(name, { ...(await tried(`${provider.url}/v1`)), url: provider.url, paths })
      }),
    )
  })

  test.each(CASES)('%s', (name, status, _body, verdict) => {
    const { url, paths, verdicts, output } = outcomes.get(name) ?? expect.unreachable()
    expect(verdicts).toMatchObject({ ...ALL_WELL, address: verdict })
    expect(output).toContain(`${url}/v1/models answers ${status}`)
    expect(output).not.toContain('sk-river')
    expect(paths).toEqual(['/v1/models'])
  })

  test('the scripted provider that people develop with', async () => {
    await using upstream = await createUpstream()
    const { verdicts, output } = await tried(upstream.url)
    expect(verdicts).toMatchObject({ ...ALL_WELL, address: 'ok' })
    expect(output).toContain(`${upstream.url}/models answers 200`)
    expect(upstream.requests).toEqual([])
  })

  test('nothing there', async () => {
    const { code, verdicts, output } = await tried('http://127.0.0.1:9/v1')
    expect(verdicts).toMatchObject({ ...ALL_WELL, address: 'FAIL' })
    expect(output).toMatch(/FAIL {2}address .*the connection is refused\n.*OPENAI_BASE_URL/)
    expect(code).toBe(1)
  })
})

test('each MCP server of the file is asked for its tools, and what is wrong with the file is told', async () => {
  const file = join(folder.path, 'tools.yaml')
  const there = `{ command: ${JSON.stringify(process.execPath)}, args: ${JSON.stringify(everythingProgram.args)} }`
  const headers = '{ authorization: "Bearer $' + '{RIVER}" }'
  const gone = `{ url: "http://127.0.0.1:${await freePort()}/mcp", headers: ${headers} }`
  const misspelt = there.replace('}', ', approve: [ehco] }')
  await writeFile(
    file,
    `servers: { there: ${there}, misspelt: ${misspelt}, gone: ${gone}, none: { command: no-such-program } }`,
  )
  const machine = { TOOLS_FILE: file, DATABASE_URL: server.settings['DATABASE_URL'] ?? '', PORT: '1' }
  const { code, output } = await doctor([], { ...machine, RIVER: 'sk-river' })
  expect(output).toMatch(/^ok {4}tools +there: \d+ tools, of which \d+ ask a person$/m)
  expect(output).toMatch(/^warn {2}tools +misspelt: it has no ehco\n +→ .* a tool that is misspelt/m)
  expect(output).toMatch(/^FAIL {2}tools +gone: the connection is refused\n +→ start the server/m)
  expect(output).toMatch(/^FAIL {2}tools +none: there is no such program$/m)
  expect(output).not.toContain('sk-river')
  expect(code).toBe(1)
  const wrong = await doctor([], machine)
  expect(wrong.output).toMatch(/^FAIL {2}tools .*\n +→ .*tools\.yaml:1: .* the variable RIVER is not set$/m)
})

test('--ask says what the provider said, but not the key that it said too', async () => {
  await using upstream = await createUpstream()
  const message = 'Incorrect key river-key-1 in "Authorization: Bearer river-key-1"'
  upstream.reply({ status: 401, body: { error: { code: 'invalid_api_key', message } } })
  await using ownFolder = await temporaryFolder()
  const settings = { OPENAI_API_KEY: 'river-key-1', LOG_LEVEL: 'warn' }
  await using asking = await startProcess({ upstream, folder: ownFolder, settings })
  let log = ''
  asking.child.stdout?.on('data', (text: string) => {
    log += text
  })
  const { output } = await doctor(['--ask'], { ...asking.settings, PORT: new URL(asking.url).port })
  expect(output).toMatch(/^FAIL {2}provider .*failed, UPSTREAM_AUTH$/m)
  expect(output).toContain(
    '→ the provider says: 401 invalid_api_key Incorrect key [key] in "Authorization: Bearer [key]"',
  )
  await expect.poll(() => log).toContain('the provider failed')
  const logged = JSON.parse(log.split('\n').find(line => line.includes('the provider failed')) ?? '')
  expect(logged.err).toMatchObject({
    message: '401 invalid_api_key Incorrect key [key] in "Authorization: Bearer [key]"',
    details: { address: `${upstream.url}/responses` },
  })
  expect(output + log).not.toContain('river-key-1')
})

describe.skipIf(!existsSync(NGINX))('behind nginx', () => {
  test('one that buffers and compresses whatever it is told is named, with the lines that mend it', async () => {
    await using nginx = await startNginx(server.url, {
      location: [...PASSES_ALL_ON, 'proxy_ignore_headers X-Accel-Buffering;'],
    })
    const { code, verdicts, output } = await doctor([nginx.url])
    expect(verdicts).toEqual({ ...ALL_WELL, streaming: 'FAIL', compression: 'warn', provider: 'ok' })
    expect(output).toMatch(/^FAIL {2}streaming .*buffering[\s\S]*→ nginx: proxy_buffering off;/m)
    expect(output).toMatch(/^warn {2}compression .*gzip[\s\S]*→ nginx: gzip off;/m)
    expect(code).toBe(1)
  })

  test('one that obeys x-accel-buffering streams, and only its compression is remarked', async () => {
    await using nginx = await startNginx(server.url, { location: PASSES_ALL_ON })
    const { code, verdicts } = await doctor([nginx.url])
    expect(verdicts).toEqual({ ...ALL_WELL, compression: 'warn', provider: 'ok' })
    expect(code).toBe(0)
  })

  test("one that hides the name people use makes the page's own writes fail", async () => {
    await using nginx = await startNginx(server.url)
    const { code, verdicts, output } = await doctor([nginx.url])
    expect(verdicts).toMatchObject({ origin: 'FAIL' })
    expect(output).toContain('proxy_set_header Host $http_host;')
    expect(code).toBe(1)
  })

  test('one with no server behind it is told', async () => {
    await using nginx = await startNginx('http://127.0.0.1:1')
    const { code, output } = await doctor([nginx.url])
    expect(output).toContain('the proxy answers 502')
    expect(code).toBe(1)
  })

  describe.skipIf(!existsSync(OPENSSL))('with https', () => {
    let certificate: { chain: string; key: string }

    beforeAll(async () => {
      certificate = { chain: join(folder.path, 'chain.pem'), key: join(folder.path, 'key.pem') }
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
      const files = ['-keyout', certificate.key, '-out', certificate.chain]
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
      await run(OPENSSL, ['req', '-x509', '-days', '10', ...key, ...subject, ...files])
    })

    test('a certificate that browsers refuse is told, and nothing else is looked at', async () => {
      await using nginx = await startNginx(server.url, { certificate })
      const { code, verdicts, output } = await doctor([nginx.url])
      expect(verdicts).toEqual({ tls: 'FAIL', http: 'ok' })
      expect(output).toContain('SELF_SIGNED')
      expect(code).toBe(1)
    })

    test('a trusted one is fine, and the cookie is Secure', async () => {
      await using nginx = await startNginx(server.url, { certificate, location: PASSES_ALL_ON })
      const { code, verdicts, output } = await doctor([nginx.url], { NODE_EXTRA_CA_CERTS: certificate.chain })
      expect(verdicts).toMatchObject({ ...ALL_WELL, http: 'ok', compression: 'warn' })
      expect(output).toMatch(/ 9 days left/)
      expect(output).toContain('SameSite=Lax, Secure')
      expect(code).toBe(0)
    })

    test('a cookie that is not Secure is told with the line that makes it so', async () => {
      await using nginx = await startNginx(server.url, { certificate, location: PASSES_ALL_ON.slice(0, 2) })
      const { verdicts, output } = await doctor([nginx.url], { NODE_EXTRA_CA_CERTS: certificate.chain })
      expect(verdicts).toMatchObject({ cookie: 'FAIL' })
      expect(output).toContain('X-Forwarded-Proto')
    })
  })
})
