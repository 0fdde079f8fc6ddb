import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigProblem } from './configProblem.ts'
import { defineToolServers } from './toolServers.ts'
import { loadToolServers } from './toolServersFile.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'riacho-tools-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function load(text: string, variables: Record<string, string> = {}) {
  const file = join(folder, 'tools.yaml')
  await writeFile(file, text)
  return loadToolServers(file, variables)
}

async function problemsOf(text: string, variables: Record<string, string> = {}): Promise<string[]> {
  const error = await load(text, variables).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof ConfigProblem)) throw error ?? new Error('nothing is wrong')
  return error.problems.map(problem => problem.replace(`${folder}/`, ''))
}

test('a file names servers by an address or by a program, with variables in what is secret', async () => {
  const servers = await load(
    `servers:
  search:
    url: https://mcp.example.com/mcp
    headers: { authorization: "Bearer \${SEARCH_TOKEN}" }
    approve: [write]
    assistants: [riacho]
    trusted: true
    tools: [read, write]
    timeout: 30
  files:
    command: npx
    args: [-y, some-server, "\${NOT_FILLED}"]
    env: { ROOT: /srv/docs, API_KEY: "\${FILES_KEY}" }
    without: [erase]
    repeatable: [read]
`,
    { SEARCH_TOKEN: 'abcdef-123', FILES_KEY: 'ghijkl-456' },
  )
  expect(servers).toEqual([
    {
      name: 'search',
      address: { url: 'https://mcp.example.com/mcp', headers: { authorization: 'Bearer abcdef-123' } },
      approve: ['write'],
      assistants: ['riacho'],
      isTrusted: true,
      tools: ['read', 'write'],
      without: [],
      timeout: 30_000,
      secrets: ['abcdef-123', 'Bearer abcdef-123'],
    },
    {
      name: 'files',
      address: {
        command: 'npx',
        args: ['-y', 'some-server', '$' + '{NOT_FILLED}'],
        env: { ROOT: '/srv/docs', API_KEY: 'ghijkl-456' },
      },
      isTrusted: false,
      without: ['erase'],
      repeatable: ['read'],
      timeout: 60_000,
      secrets: ['ghijkl-456'],
    },
  ])
})

test('every fault of a file is told at once, with its line, and without a value', async () => {
  const problems = await problemsOf(
    `servers:
  Search:
    url: https://mcp.example.com/mcp
  both:
    url: https://mcp.example.com/mcp
    command: npx
  neither:
    approve: never
  odd:
    url: https://user:hunter2@mcp.example.com/
    approve: sometimes
    tiemout: 3
    timeout: 500
  headed:
    url: https://mcp.example.com/mcp
    headers:
      authorization: "Bearer \${NOT_THERE}"
      "bad name": x
  shelled:
    command: npx
    headers: { a: b }
more: 1
`,
  )
  expect(problems).toEqual([
    'tools.yaml:2: servers.Search: expected a name of 1 to 32 of a-z, 0-9 and -',
    'tools.yaml:4: servers.both: expected either url or command',
    'tools.yaml:7: servers.neither: expected either url or command',
    'tools.yaml:10: servers.odd.url: expected an http or https URL; a password belongs into headers',
    'tools.yaml:11: servers.odd.approve: expected always, never, or a list of tools',
    'tools.yaml:12: servers.odd.tiemout: not a field of a server',
    'tools.yaml:13: servers.odd.timeout: expected 1 to 120 seconds',
    'tools.yaml:17: servers.headed.headers.authorization: the variable NOT_THERE is not set',
    'tools.yaml:18: servers.headed.headers.bad name: expected the name of a header, and a value in one line',
    'tools.yaml:21: servers.shelled.headers: belongs to a server with a url',
    'tools.yaml:22: more: expected only servers',
  ])
  expect(problems.join()).not.toContain('hunter2')
})

test('one server can be wrong in its name, its fields, its variables and its assistants at once', async () => {
  const file = join(folder, 'tools.yaml')
  await writeFile(
    file,
    `servers:
  Odd:
    url: ftp://mcp.example.com/
    headers: { authorization: "Bearer \${NOT_THERE}" }
    args: [a]
    timeout: 0
    assistants: [riacho, nobody]
`,
  )
  const error = await loadToolServers(file, {}, [{ id: 'riacho' }]).catch((error: unknown) => error)
  expect((error as ConfigProblem).problems.map(problem => problem.replace(`${folder}/`, ''))).toEqual([
    'tools.yaml:2: servers.Odd: expected a name of 1 to 32 of a-z, 0-9 and -',
    'tools.yaml:3: servers.Odd.url: expected an http or https URL; a password belongs into headers',
    'tools.yaml:4: servers.Odd.headers.authorization: the variable NOT_THERE is not set',
    'tools.yaml:5: servers.Odd.args: belongs to a server with a command',
    'tools.yaml:6: servers.Odd.timeout: expected 1 to 120 seconds',
    'tools.yaml:7: servers.Odd.assistants.1: nobody is unknown; expected one of riacho',
  ])
})

test('what is wrong with the fields of a server together is told too', async () => {
  expect(
    await problemsOf(
      `servers:
  Search: { url: "https://mcp.example.com/" }
  both: { url: "https://mcp.example.com/", command: npx }
  neither: { approve: never }
  headed:
    url: https://mcp.example.com/mcp
    headers:
      authorization: "Bearer \${NOT_THERE}"
  named:
    url: https://mcp.example.com/mcp
    headers: { "bad name": x }
  shelled: { command: npx, headers: { a: b } }
  argued: { url: "https://mcp.example.com/", args: [a] }
`,
    ),
  ).toEqual([
    'tools.yaml:2: servers.Search: expected a name of 1 to 32 of a-z, 0-9 and -',
    'tools.yaml:3: servers.both: expected either url or command',
    'tools.yaml:4: servers.neither: expected either url or command',
    'tools.yaml:8: servers.headed.headers.authorization: the variable NOT_THERE is not set',
    'tools.yaml:11: servers.named.headers.bad name: expected the name of a header, and a value in one line',
    'tools.yaml:12: servers.shelled.headers: belongs to a server with a url',
    'tools.yaml:13: servers.argued.args: belongs to a server with a command',
  ])
})

test.each([
  ['servers: [', /^tools\.yaml:1: /],
  ['', /^tools\.yaml:1: expected servers: and below it each by its name$/],
  ['servers: [a]', /^tools\.yaml:1: servers: expected servers by their names$/],
  ['servers: { a: 1 }', /^tools\.yaml:1: servers\.a: /],
])('a file with %j is refused', async (text, problem) => {
  expect(await problemsOf(text)).toEqual([expect.stringMatching(problem)])
})

describe('a file that is not there', () => {
  test('names no server if nobody has set it', async () => {
    expect(await loadToolServers(undefined, {})).toEqual([])
  })

  test('is a fault if somebody has', async () => {
    await expect(loadToolServers('/nowhere/tools.yaml', {})).rejects.toThrow(/TOOLS_FILE/)
  })
})

test('a host names servers with the same fields, and their values as they are', () => {
  const authorization = 'Bearer $' + '{NOT_FILLED}'
  expect(
    defineToolServers({ search: { url: 'http://localhost:1/', headers: { authorization } } }),
  ).toMatchObject([{ name: 'search', address: { headers: { authorization } } }])
  expect(() => defineToolServers({ search: {}, 'A b': { command: 'x' } })).toThrow(
    /mcp\.search: expected either url or command\n +mcp\.A b: expected a name/,
  )
})

test('a server says whether people sign in there, and as which client', async () => {
  const at = 'https://mcp.example.com/mcp'
  const [plain, known, none] = await load(
    `servers:
  plain: { url: "${at}", signin: true }
  known: { url: "${at}", signin: { client: riacho, secret: "\${CAL_SECRET}", scope: read, issuer: "http://sso.corp.example/realms/all" } }
  none: { url: "${at}", signin: false }
`,
    { CAL_SECRET: 'abcdef-123' },
  )
  expect(plain?.signIn).toEqual({})
  expect(known).toMatchObject({
    signIn: {
      client: { id: 'riacho', secret: 'abcdef-123' },
      scope: 'read',
      issuer: 'http://sso.corp.example/realms/all',
    },
    secrets: ['abcdef-123'],
  })
  expect(none).not.toHaveProperty('signIn')
  expect(
    await problemsOf(
      `servers:
  program: { command: npx, signin: true }
  proved:
    url: ${at}
    headers: { Authorization: "Bearer x" }
    signin: true
  half: { url: "${at}", signin: { secret: abcdef } }
  elsewhere: { url: "${at}", signin: { issuer: sso.corp.example } }
`,
    ),
  ).toEqual([
    'tools.yaml:2: servers.program.signin: belongs to a server with a url',
    'tools.yaml:6: servers.proved.signin: the header authorization proves somebody already',
    'tools.yaml:7: servers.half.signin.client: expected the client that has the secret',
    'tools.yaml:8: servers.elsewhere.signin: expected true, or any of client, secret, scope and issuer',
  ])
})
