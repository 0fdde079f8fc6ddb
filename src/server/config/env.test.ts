import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { ConfigProblem } from './configProblem.ts'
import { readEnv, SETTINGS, unknownSettings } from './env.ts'
import { limitsOfRole } from './spendingLimits.ts'

const openai = { OPENAI_API_KEY: 'sk-test', OPENAI_MODEL: 'some-model' }
const claims = {
  OIDC_ISSUERS: '[{"name":"a","label":"A","issuer":"https://a.example","clientId":"c","clientSecret":"s"}]',
  OIDC_GROUPS_CLAIM: 'groups',
}
const hostTokens = { HOST_TOKEN_SECRET: 'x'.repeat(32), HOST_TOKEN_AUDIENCE: 'riacho' }

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    readEnv(source)
  } catch (error) {
    if (error instanceof ConfigProblem) return error.problems
    throw error
  }
  return []
}

test('without any setting the server is local and the guide answers', () => {
  expect(readEnv({})).toEqual({
    server: {
      port: 3000,
      host: '127.0.0.1',
      nodeAddress: undefined,
      publicUrls: [],
      trustProxy: false,
      rateLimitPerMinute: 60,
      corsOrigins: [],
      frameAncestors: [],
    },
    apiKeys: false,
    sharing: 'anyone',
    adminReads: false,
    claims: { groups: undefined, adminGroups: [] },
    hostTokens: undefined,
    access: 'open',
    mail: undefined,
    issuers: [],
    network: undefined,
    database: { url: 'file:./data/riacho.db', file: './data/riacho.db' },
    session: { secret: undefined },
    files: {
      bucket: undefined,
      documentTokens: 50_000,
      folder: 'data/files',
      limits: { file: 20_000_000, image: 25_000_000, owner: 1_000_000_000 },
    },
    ownerQuotaBytes: 1_000_000_000,
    maxMessageLength: 1_048_576,
    spendingLimits: {},
    temporaryHours: 24,
    logLevel: 'info',
    assistantsDir: './assistants',
    openai: undefined,
    further: [],
    providerFailures: 10,
    prices: { models: [], currency: 'USD' },
    titles: 'provider',
    generation: {
      maxAttempts: 3,
      maxReplyLength: 2_000_000,
      commitWindowMs: 25,
      logDurability: 'process',
      logRetentionHours: 24,
    },
  })
})

test('a key and a model connect a provider with long enough times', () => {
  expect(readEnv(openai).openai).toEqual({
    apiKey: 'sk-test',
    baseUrl: 'https://api.openai.com/v1',
    api: 'auto',
    background: false,
    model: 'some-model',
    maxOutputTokens: undefined,
    connectTimeoutMs: 10_000,
    firstByteTimeoutMs: 120_000,
    idleTimeoutMs: 120_000,
    totalTimeoutMs: 1_800_000,
  })
})

test('a base URL needs no key', () => {
  const { openai } = readEnv({ OPENAI_BASE_URL: 'http://localhost:11434/v1/', OPENAI_MODEL: 'llama3.2:3b' })
  expect(openai).toMatchObject({
    apiKey: undefined,
    baseUrl: 'http://localhost:11434/v1',
    model: 'llama3.2:3b',
  })
})

test('an empty or blank value counts as none', () => {
  expect(readEnv({ PORT: '', LOG_LEVEL: '  ', OPENAI_API_KEY: '', OPENAI_MODEL: '' })).toEqual(readEnv({}))
})

test('the result cannot be changed', () => {
  const env = readEnv({ ...openai, ...hostTokens, MODEL_PRICES: 'a=1/2' })
  const { server, prices } = env
  const lists = [server.publicUrls, server.corsOrigins, server.frameAncestors, env.hostTokens?.key]
  const inner = [
    server,
    ...lists,
    env.database,
    env.session,
    env.hostTokens,
    env.openai,
    env.generation,
    env.spendingLimits,
    env.files,
    env.files.limits,
    prices,
  ]
  for (const part of [env, ...inner, prices.models, prices.models[0]])
    expect(Object.isFrozen(part)).toBe(true)
})

describe('a value is understood', () => {
  test.each([
    ['PORT', '0', { server: { port: 0 } }],
    ['HOST', '::', { server: { host: '::' } }],
    ['HOST', 'chat.local', { server: { host: 'chat.local' } }],
    [
      'PUBLIC_URL',
      'https://Chat.example.com/, http://10.0.0.5:3000',
      { server: { publicUrls: ['https://chat.example.com', 'http://10.0.0.5:3000'] } },
    ],
    ['TRUST_PROXY', 'true', { server: { trustProxy: true } }],
    ['TRUST_PROXY', '0', { server: { trustProxy: false } }],
    ['TRUST_PROXY', '2', { server: { trustProxy: 2 } }],
    ['RATE_LIMIT_PER_MINUTE', '0', { server: { rateLimitPerMinute: 0 } }],
    ['DATABASE_URL', 'file:chat.db', { database: { file: 'chat.db' } }],
    ['DATABASE_URL', 'file:/var/lib/riacho.db', { database: { file: '/var/lib/riacho.db' } }],
    ['DATABASE_URL', 'file:///var/lib/my%20chat.db', { database: { file: '/var/lib/my chat.db' } }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
    [
      'MODEL_PRICES',
      'gpt-5.1=1.25/0.125/10, org/llama3.2:3b = 0/0,',
      {
        prices: {
          models: [
            { model: 'gpt-5.1', input: 1.25, cachedInput: 0.125, output: 10 },
            { model: 'org/llama3.2:3b', input: 0, output: 0 },
          ],
        },
      },
    ],
    ['PRICES_CURRENCY', 'BRL', { prices: { currency: 'BRL' } }],
    ['TITLES', 'words', { titles: 'words' }],
    ['API_KEYS', 'true', { apiKeys: true }],
  ])('%s=%s', (name, value, expected) => {
    expect(readEnv({ [name]: value })).toMatchObject(expected)
  })
})

const REFUSED: [name: string, value: string, problem: string][] = [
  ['PORT', '80a', 'not a whole number'],
  ['PORT', '70000', 'out of range'],
  ['HOST', 'http://localhost', 'not an address'],
  ['HOST', 'localhost:3000', 'not an address'],
  ['NODE_ADDRESS', '10.0.0.5:3000', 'not the address of a server'],
  ['NODE_ADDRESS', 'http://private.example/node', 'not the address of a server'],
  ['PUBLIC_URL', 'chat.example.com', 'not a list of origins'],
  ['PUBLIC_URL', 'https://example.com,https://example.com/chat', 'not a list of origins'],
  ['TRUST_PROXY', 'maybe', 'not a number of proxies'],
  ['RATE_LIMIT_PER_MINUTE', '-1', 'not a whole number'],
  ['SESSION_SECRET', 'short-and-private', 'too short'],
  ['SESSION_SECRET_OLD', 'short-and-private', 'too short'],
  ['HOST_TOKEN_SECRET', 'short-and-private', 'too short'],
  ['HOST_TOKEN_JWKS_URL', 'http://private.example/jwks.json', 'not an https URL'],
  ['HOST_TOKEN_JWKS_URL', 'https://user:hunter2@app.example/jwks.json', 'not an https URL'],
  ['HOST_TOKEN_AUDIENCE', 'private one', 'has a space'],
  ['HOST_TOKEN_ISSUER', 'private one', 'has a space'],
  ['HOST_TOKEN_MAX_AGE_SECONDS', '0', 'out of range'],
  ['HOST_TOKEN_REQUIRED', 'private', 'not true or false'],
  ['API_KEYS', 'private', 'not true or false'],
  ['CORS_ORIGINS', '*', 'not a list of origins'],
  ['CORS_ORIGINS', 'https://private.example/app', 'not a list of origins'],
  ['FRAME_ANCESTORS', '*', 'not a list of origins'],
  ['DATABASE_URL', 'mysql://user:hunter2@db/riacho', 'not a database this version can open'],
  ['DATABASE_URL', 'postgres://u:hunter2 /x@db/riacho', 'not an address of PostgreSQL'],
  ['DATABASE_URL', 'file:', 'names no file'],
  ['DATABASE_URL', 'file://server/share.db', 'names no file'],
  ['DATABASE_URL', 'file:~/riacho.db', '~ is not expanded'],
  ['ACCESS', 'private', 'not a known value'],
  ['SMTP_URL', 'https://ana:hunter2@mail.example', 'not the address of a mail server'],
  ['MAIL_FROM', 'private', 'not an address'],
  ['OIDC_ISSUERS', '[{"name":"a","clientSecret":"private"}]', 'not a list of issuers'],
  ['ASSISTANTS_DIR', '~/assistants', '~ is not expanded'],
  ['TOOLS_FILE', '~/tools.yaml', '~ is not expanded'],
  ['LOG_LEVEL', 'verbose', 'not a known value'],
  ['OPENAI_API_KEY', '"sk-private one"', 'has a character no key has'],
  ['OPENAI_BASE_URL', 'localhost:11434', 'not an http or https URL'],
  ['OPENAI_BASE_URL', 'http://user:hunter2@localhost/v1', 'has a user'],
  ['OPENAI_BASE_URL', 'http://localhost/v1/chat/completions', 'names one endpoint'],
  ['OPENAI_API', 'sk-private', 'not a known value'],
  ['OPENAI_BACKGROUND', 'yes', 'not true or false'],
  ['OPENAI_MODEL', 'one two', 'has a space'],
  ['OPENAI_MAX_OUTPUT_TOKENS', '0', 'out of range'],
  ['OPENAI_CONNECT_TIMEOUT_MS', '10s', 'not a whole number'],
  ['OPENAI_FIRST_BYTE_TIMEOUT_MS', '0', 'out of range'],
  ['OPENAI_IDLE_TIMEOUT_MS', '1.5', 'not a whole number'],
  ['OPENAI_TOTAL_TIMEOUT_MS', '99999999999', 'out of range'],
  ['PROVIDERS', 'private backup', 'not a list of names'],
  ['PROVIDERS', 'backup,backup', 'not a list of names'],
  ['PROVIDERS', 'openai', 'not a list of names'],
  ['PROVIDER_FAILURES', '-1', 'not a whole number'],
  ['MODEL_PRICES', 'gpt-private', 'item 1 is not a model and its prices'],
  ['MODEL_PRICES', 'a=1/2, private=1', 'item 2 is not a model and its prices'],
  ['MODEL_PRICES', 'private=1,25/10', 'item 1 is not a model and its prices'],
  ['MODEL_PRICES', 'private=-1/2', 'item 1 is not a model and its prices'],
  ['MODEL_PRICES', 'private=1/2/3/4', 'item 1 is not a model and its prices'],
  ['MODEL_PRICES', 'private=1/2,private=1/2', 'item 2 is a model named before'],
  ['PRICES_CURRENCY', 'R$', 'not a currency'],
  ['TITLES', 'private', 'not a known value'],
  ['MAX_ATTEMPTS', '0', 'out of range'],
  ['MAX_REPLY_LENGTH', '999', 'out of range'],
  ['FILES_DIR', '~/files', '~ is not expanded'],
  ['FILES_BUCKET', 'https://private.example/bucket', 'not a bucket'],
  ['FILES_BUCKET', 's3://private', 'needs keys'],
  ['DOCUMENT_TOKENS', '-1', 'not a whole number'],
  ['LIMIT_FILE_MB', '0', 'out of range'],
  ['LIMIT_IMAGE_MB', '0', 'out of range'],
  ['LIMIT_FILES_MB', '-1', 'not a whole number'],
  ['OWNER_QUOTA_MB', '-1', 'not a whole number'],
  ['MAX_MESSAGE_LENGTH', '1048577', 'out of range'],
  ['LIMIT_RUNS_AT_ONCE', '0', 'out of range'],
  ['LIMIT_RUNS_AT_ONCE', 'guests=3', 'not a role'],
  ['LIMIT_RUNS_AT_ONCE', '3, visitors=0', 'out of range'],
  ['LIMIT_RUNS_AT_ONCE', '3, visitors=1, visitors=2', 'names the same twice'],
  ['LIMIT_RUNS_AT_ONCE', '3, 4', 'names the same twice'],
  ['LIMIT_RUNS_AT_ONCE', 'none', 'not a whole number'],
  ['SHARING', 'nobody', 'not a known value'],
  ['ADMIN_READS', 'yes', 'not true or false'],
  ['OIDC_GROUPS_CLAIM', 'my groups', 'has a space'],
  ['OIDC_ADMIN_GROUPS', ' , ', 'names no group'],
  ['LIMIT_MESSAGES_PER_DAY', '-1', 'not a whole number'],
  ['LIMIT_TOKENS_PER_DAY', '1e6', 'not a whole number'],
  ['BUDGET_PER_MONTH', '0', 'out of range'],
  ['BUDGET_PER_MONTH', '12,50', 'not an amount of money'],
  ['BUDGET_PER_PERSON_PER_MONTH', 'R$ 5', 'not an amount of money'],
  ['BUDGET_TOKENS_PER_MONTH', '0', 'out of range'],
  ['BUDGET_TOKENS_PER_PERSON_PER_MONTH', '1.5', 'not a whole number'],
  ['COMMIT_WINDOW_MS', '5000', 'out of range'],
  ['LOG_DURABILITY', 'disk', 'not a known value'],
  ['LOG_RETENTION_HOURS', 'forever', 'not a whole number'],
  ['RETENTION_DAYS', '0', 'out of range'],
  ['RETENTION_DAYS', 'never', 'not a whole number'],
  ['TEMPORARY_HOURS', '0', 'out of range'],
  ['TEMPORARY_HOURS', '1d', 'not a whole number'],
]

describe('a wrong value is refused with its name, the fault and what is expected, never with the value', () => {
  test.each(REFUSED)('%s=%s', (name, value, problem) => {
    const { HOST_TOKEN_SECRET: _, ...withAddress } = {
      ...hostTokens,
      HOST_TOKEN_JWKS_URL: 'https://x.example',
    }
    const tokens = name === 'HOST_TOKEN_JWKS_URL' ? withAddress : hostTokens
    const mail = { SMTP_URL: 'smtp://localhost', MAIL_FROM: 'a@example.com', PUBLIC_URL: 'https://a.example' }
    const problems = problemsOf({ ...openai, ...tokens, ...mail, ...claims, [name]: value })
    expect(problems).toEqual([expect.stringMatching(`^${name}: ${problem}.*; expected `)])
    expect(problems[0]).not.toMatch(/hunter2|private/)
  })

  test('for every setting', () => {
    expect([...new Set(REFUSED.map(([name]) => name))].sort()).toEqual([...SETTINGS].sort())
  })
})

test.each(['OPENAI_API_KEY', 'OPENAI_BASE_URL'])('%s alone asks for a model', name => {
  expect(problemsOf({ [name]: 'http://localhost/v1' })).toEqual([
    expect.stringMatching(/^OPENAI_MODEL: missing; expected/),
  ])
})

describe('host tokens', () => {
  const { HOST_TOKEN_SECRET: secret, ...named } = hostTokens

  test('are checked with a secret or with keys at an address', () => {
    expect(
      readEnv({ ...hostTokens, HOST_TOKEN_ISSUER: 'app', CORS_ORIGINS: 'https://a.example' }),
    ).toMatchObject({
      hostTokens: {
        key: { secret },
        audience: 'riacho',
        issuer: 'app',
        maxAgeSeconds: 3600,
        isRequired: false,
      },
      server: { corsOrigins: ['https://a.example'] },
    })
    for (const jwksUrl of ['https://app.example/jwks.json', 'http://127.0.0.1:8080/jwks.json'])
      expect(readEnv({ ...named, HOST_TOKEN_JWKS_URL: jwksUrl }).hostTokens?.key).toEqual({ jwksUrl })
  })

  test('need one kind of key, and an audience', () => {
    expect(problemsOf({ HOST_TOKEN_SECRET: secret })).toEqual([
      expect.stringMatching(/^HOST_TOKEN_AUDIENCE: missing; expected .* HOST_TOKEN_SECRET is set$/),
    ])
    expect(problemsOf({ ...hostTokens, HOST_TOKEN_JWKS_URL: 'https://x.example' })).toEqual([
      expect.stringMatching(/^HOST_TOKEN_JWKS_URL: is the second kind of key; expected/),
    ])
    expect(problemsOf({ ...named, HOST_TOKEN_REQUIRED: 'true', CORS_ORIGINS: 'https://a.example' })).toEqual(
      ['HOST_TOKEN_AUDIENCE', 'HOST_TOKEN_REQUIRED', 'CORS_ORIGINS'].map(name =>
        expect.stringMatching(`^${name}: needs a key; expected`),
      ),
    )
    expect(problemsOf({ HOST_TOKEN_REQUIRED: 'false' })).toEqual([])
  })
})

test('each role may have a limit of its own, or none', () => {
  const limits = readEnv({
    LIMIT_MESSAGES_PER_DAY: '200, visitors=20, administrators = none',
    BUDGET_TOKENS_PER_PERSON_PER_MONTH: 'accounts=1000000',
  }).spendingLimits
  expect(limits).toMatchObject({ messagesPerDay: 200, personTokenBudget: undefined })
  const of = (role: Parameters<typeof limitsOfRole>[1]) => {
    const { messagesPerDay, personTokenBudget } = limitsOfRole(limits, role)
    return [messagesPerDay, personTokenBudget]
  }
  expect(of('visitor')).toEqual([20, undefined])
  expect(of('account')).toEqual([200, 1_000_000])
  expect(of('admin')).toEqual([undefined, 1_000_000])
  expect(of(undefined)).toEqual([200, undefined])
})

test('the groups of an issuer need an issuer, and administrators among them the claim', () => {
  expect(problemsOf({ OIDC_GROUPS_CLAIM: 'groups' })).toEqual([
    expect.stringMatching(/^OIDC_GROUPS_CLAIM: needs an issuer; expected/),
  ])
  expect(problemsOf({ OIDC_ADMIN_GROUPS: 'admins' })).toEqual([
    expect.stringMatching(/^OIDC_ADMIN_GROUPS: needs the claim with the groups; expected/),
  ])
  expect(readEnv({ ...claims, PUBLIC_URL: 'https://a.example', OIDC_ADMIN_GROUPS: 'a, b' }).claims).toEqual({
    groups: 'groups',
    adminGroups: ['a', 'b'],
  })
})

test('mail needs where it comes from, and where its links lead', () => {
  const smtp = { SMTP_URL: 'smtp://localhost:1025' }
  expect(problemsOf(smtp)).toEqual([
    expect.stringMatching(/^MAIL_FROM: missing; expected/),
    expect.stringMatching(/^PUBLIC_URL: missing; expected/),
  ])
  const settings = { ...smtp, MAIL_FROM: 'chat@example.com', PUBLIC_URL: 'https://chat.example' }
  expect(readEnv(settings).mail).toEqual({ url: 'smtp://localhost:1025', from: 'chat@example.com' })
})

test('host tokens alone let people in, or people sign in', () => {
  expect(problemsOf({ ACCESS: 'token' })).toEqual([
    expect.stringMatching(/^ACCESS: token needs a key; expected/),
  ])
  expect(readEnv({ ...hostTokens, ACCESS: 'token' }).hostTokens?.isRequired).toBe(true)
  const required = { ...hostTokens, HOST_TOKEN_REQUIRED: 'true' }
  expect(readEnv(required).access).toBe('token')
  expect(problemsOf({ ...required, ACCESS: 'invite' })).toEqual([
    expect.stringMatching(/^HOST_TOKEN_REQUIRED: nobody could sign in; expected/),
  ])
})

test('replies in the background need the Responses API', () => {
  const problem = 'OPENAI_BACKGROUND: needs the Responses API; expected OPENAI_API=responses, or false'
  const background = { ...openai, OPENAI_BACKGROUND: 'true' }
  expect(problemsOf({ ...background, OPENAI_API: 'chat' })).toEqual([problem])
  expect(readEnv({ ...background, OPENAI_API: 'responses' }).openai?.background).toBe(true)
  expect(readEnv(background).openai?.background).toBe(true)
})

test('a node has an address only where there can be other nodes', () => {
  const address = { NODE_ADDRESS: 'http://10.0.0.5:3000/' }
  const database = { DATABASE_URL: 'postgres://localhost/riacho' }
  expect(readEnv({ ...address, ...database }).server.nodeAddress).toBe('http://10.0.0.5:3000')
  expect(problemsOf(address)).toEqual([expect.stringMatching(/^NODE_ADDRESS: needs PostgreSQL.*; expected /)])
})

test.each([
  'OPENAI_MODLE',
  'HOST_TOKEN',
  'CORS_ORIGIN',
  'FRAME_ANCESTOR',
  'OPENAI_KEY',
  'openai_model',
  'MODEL_PRICE',
  'COMMIT_WINDOW',
  'RATE_LIMIT',
  'RIACHO_PORT',
])('%s is not a setting', name => {
  expect(unknownSettings({ [name]: 'x', OPENAI_MODEL: 'y' })).toEqual([name])
})

test('settings, and the usual variables of a machine, are not unknown settings', () => {
  const usual =
    'HOME PATH HOSTNAME HOSTTYPE USER LOGNAME SHELL TERM LANG LC_ALL PWD OLDPWD SHLVL MAIL EDITOR PAGER TZ TMPDIR ' +
    'NODE_ENV NODE_OPTIONS NODE_PATH CI DEBUG DISPLAY SSH_TTY SESSION_MANAGER DBUS_SESSION_BUS_ADDRESS XDG_SESSION_ID ' +
    'INVOCATION_ID JOURNAL_STREAM LISTEN_FDS NOTIFY_SOCKET HTTP_PROXY https_proxy NO_PROXY npm_config_cache INIT_CWD ' +
    'npm_lifecycle_event npm_package_name COLORTERM FORCE_COLOR KUBERNETES_PORT KUBERNETES_SERVICE_HOST PS1 _'
  const names = [...SETTINGS, ...usual.split(' ')]
  expect(unknownSettings(Object.fromEntries(names.map(name => [name, 'x'])))).toEqual([])
})

describe('the way to the provider and to the keys of a host', () => {
  const PROVIDER = { OPENAI_BASE_URL: 'http://x.test/v1', OPENAI_MODEL: 'm' }

  test('is read from the variables that other programs read', () => {
    const names = {
      HTTPS_PROXY: 'proxy:3128',
      http_proxy: 'http://a',
      HTTP_PROXY: 'http://b',
      NO_PROXY: 'localhost',
    }
    expect(readEnv({ ...PROVIDER, ...names, NODE_EXTRA_CA_CERTS: 'package.json' }).openai?.network).toEqual({
      httpsProxy: 'http://proxy:3128',
      httpProxy: 'http://a',
      noProxy: 'localhost',
      caFile: 'package.json',
    })
    expect(readEnv(PROVIDER).openai?.network).toBeUndefined()
    const { HOST_TOKEN_SECRET: _, ...withKeys } = { ...hostTokens, HOST_TOKEN_JWKS_URL: 'https://x.example' }
    expect(readEnv({ ...withKeys, ...names }).hostTokens?.network).toMatchObject({
      httpsProxy: 'http://proxy:3128',
    })
  })

  test('is wrong with an address that is none, or a file that is not there, if a provider is asked', () => {
    const names = { HTTPS_PROXY: 'ftp://secret', NODE_EXTRA_CA_CERTS: './none.pem' }
    const problems = problemsOf({ ...PROVIDER, ...names })
    expect(problems.map(problem => problem.split(':')[0])).toEqual(['HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS'])
    expect(problems.join()).not.toContain('secret')
    expect(readEnv(names).openai).toBeUndefined()
  })
})

test('everything that is wrong is told at once', () => {
  const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'loud', OPENAI_API_KEY: 'sk-test' })
  expect(problems.map(problem => problem.split(':')[0])).toEqual(['PORT', 'LOG_LEVEL', 'OPENAI_MODEL'])
  expect(() => readEnv({ PORT: 'x', MAX_ATTEMPTS: 'y' })).toThrow(/wrong:\n {2}PORT: .*\n {2}MAX_ATTEMPTS: /)
})

test('.env.example and docs/configuration.md name every setting, and no other', async () => {
  const example = await readFile('.env.example', 'utf8')
  const page = await readFile('docs/configuration.md', 'utf8')
  // Those of OpenTelemetry are no settings of ours.
  const inExample = [...example.matchAll(/^# (?!OTEL_)([A-Z][A-Z_]*)=/gm)].map(match => match[1])
  const inPage = [...page.matchAll(/^\| `([A-Z][A-Z_]*)`\s*\|/gm)].map(match => match[1])
  expect(inExample).toEqual(SETTINGS)
  expect(inPage).toEqual(SETTINGS)
})
