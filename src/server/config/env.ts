import { isIP } from 'node:net'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { MAX_BODY_BYTES, MAX_RETENTION_DAYS } from '../../protocol/limits.ts'
import { isLoopback } from '../loopback.ts'
import { accessProblems, accessShape } from './accessSettings.ts'
import { ConfigProblem } from './configProblem.ts'
import { fileShape, filesOf, storeProblems } from './fileSettings.ts'
import { isTrue } from './isTrue.ts'
import { type NetworkSettings, readNetwork } from './network.ts'
import { nodeAddress, originOf, origins } from './origins.ts'
import { currencyCode, modelPrices } from './prices.ts'
import {
  type FurtherProvider,
  isProviderSetting,
  namesIn,
  openaiOf,
  providerShape,
  readProviders,
} from './providers.ts'
import { readSecretFiles, SECRET_FILES } from './secretFiles.ts'
import { spendingLimitsOf, spendingShape } from './spendingLimits.ts'
import { wholeNumber } from './wholeNumber.ts'

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, `not a known value; expected one of ${values.join(', ')}`)
}

const host = z
  .string()
  .refine(
    value => isIP(value) !== 0 || /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(value),
    'not an address; expected an IP address or a host name, without scheme or port',
  )

const path = z
  .string()
  .refine(
    value => !value.startsWith('~'),
    '~ is not expanded; expected a full path or one that starts with ./',
  )

const databaseUrl = z.string().transform((value, context): { url: string; file?: string } => {
  const expected =
    'expected file: and a path, such as file:./data/riacho.db, or an address of PostgreSQL, such as postgres://riacho:password@localhost:5432/riacho'
  const refuse = (problem: string) => {
    context.addIssue(`${problem}; ${expected}`)
    return z.NEVER
  }
  if (/^postgres(ql)?:/i.test(value)) {
    if (URL.parse(value)?.hostname) return { url: value }
    return refuse('not an address of PostgreSQL: write / in a password as %2F, @ as %40, a space as %20')
  }
  if (!value.startsWith('file:')) return refuse('not a database this version can open')
  const file = /^file:\/\/(\/|localhost\/)/.test(value) ? fileURLToPath(value) : value.slice('file:'.length)
  if (file === '' || file.startsWith('//') || file.endsWith('/')) return refuse('names no file')
  if (file.startsWith('~')) return refuse('~ is not expanded')
  return { url: value, file }
})

const trustProxy = z.union(
  [
    z.stringbool({ truthy: ['true'], falsy: ['false', '0'] }),
    z
      .string()
      .regex(/^[1-9]\d?$/)
      .transform(Number),
  ],
  'not a number of proxies; expected true, false, or a whole number from 1 to 99',
)

/** Keys that travel in the clear could be exchanged on the way. */
const jwksUrl = z.string().transform((value, context) => {
  const url = URL.parse(value)
  const isOk = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (isOk && !url.username && !url.password) return url.href
  context.addIssue(
    'not an https URL; expected the address of the keys, such as https://app.example.com/jwks.json',
  )
  return z.NEVER
})

const sessionSecret = z.string().min(32, 'too short; expected at least 32 characters')

const schema = z.object({
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: host.default('127.0.0.1'),
  NODE_ADDRESS: nodeAddress.optional(),
  PUBLIC_URL: origins.default([]),
  TRUST_PROXY: trustProxy.default(false),
  RATE_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(60),
  SESSION_SECRET: sessionSecret.optional(),
  SESSION_SECRET_OLD: sessionSecret.optional(),
  HOST_TOKEN_SECRET: z
    .string()
    .refine(value => Buffer.byteLength(value) >= 32, 'too short; expected at least 32 bytes')
    .optional(),
  HOST_TOKEN_JWKS_URL: jwksUrl.optional(),
  HOST_TOKEN_AUDIENCE: z.string().regex(/^\S+$/, 'has a space; expected one name').optional(),
  HOST_TOKEN_ISSUER: z.string().regex(/^\S+$/, 'has a space; expected one name').optional(),
  HOST_TOKEN_MAX_AGE_SECONDS: wholeNumber(1, 86_400).default(3600),
  HOST_TOKEN_REQUIRED: isTrue.default(false),
  API_KEYS: isTrue.default(false),
  SHARING: oneOf(['anyone', 'signed-in', 'off']).default('anyone'),
  ADMIN_READS: isTrue.default(false),
  CORS_ORIGINS: origins.default([]),
  FRAME_ANCESTORS: origins.default([]),
  ...accessShape,
  DATABASE_URL: databaseUrl.prefault('file:./data/riacho.db'),
  ...fileShape,
  OWNER_QUOTA_MB: wholeNumber(0, 1_000_000).default(1000),
  RETENTION_DAYS: wholeNumber(1, MAX_RETENTION_DAYS).optional(),
  TEMPORARY_HOURS: wholeNumber(1, 720).default(24),
  ASSISTANTS_DIR: path.default('./assistants'),
  TOOLS_FILE: path.optional(),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  ...providerShape,
  MODEL_PRICES: modelPrices.default([]),
  PRICES_CURRENCY: currencyCode.default('USD'),
  TITLES: oneOf(['provider', 'words']).default('provider'),
  MAX_ATTEMPTS: wholeNumber(1, 10).default(3),
  MAX_REPLY_LENGTH: wholeNumber(1000, 10_000_000).default(2_000_000),
  COMMIT_WINDOW_MS: wholeNumber(1, 1000).default(25),
  LOG_DURABILITY: oneOf(['process', 'power']).default('process'),
  LOG_RETENTION_HOURS: wholeNumber(1, 8760).default(24),
  MAX_MESSAGE_LENGTH: wholeNumber(1, MAX_BODY_BYTES).default(MAX_BODY_BYTES),
  ...spendingShape,
})

type Settings = z.infer<typeof schema>

/** The name of every setting in the environment. */
export const SETTINGS: readonly string[] = Object.keys(schema.shape)

/** Beginnings of names that only Riacho uses. */
const OURS =
  /^(ACCESS$|SMTP_|OIDC_|MAIL_FROM|BUDGET_PER|BUDGET_TOKENS|LIMIT_(RUNS|MESSAGES|TOKENS|FILE|IMAGE)|FILES_|DOCUMENT_TOK|RIACHO_|OPENAI_|SESSION_SECRET|HOST_TOKEN|API_KEYS|SHARING$|ADMIN_READ|CORS_|FRAME_ANC|MODEL_PRICE|PROVIDERS?_|PROVIDERS$|MAX_REPLY|MAX_MESSAGE|OWNER_QUOTA|RATE_LIMIT|COMMIT_WINDOW|LOG_DURA|LOG_RETENTION|RETENTION_DAY|TEMPORARY_HOUR)/i

/** The variables that begin like a setting and are none. */
export function unknownSettings(source: Record<string, string | undefined> = process.env): string[] {
  const known = [...SETTINGS, ...SECRET_FILES]
  const providers = namesIn(source['PROVIDERS'])
  return Object.keys(source).filter(
    name => OURS.test(name) && !known.includes(name) && !isProviderSetting(name, providers),
  )
}

export type Env = ReturnType<typeof envOf>

/**
 * Reads the settings from `source` and freezes them. An empty value counts as none. Throws one `ConfigProblem` with
 * everything that is wrong. Its message never repeats a value, so that it can be printed.
 */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const fileProblems: string[] = []
  const given = readSecretFiles(source, fileProblems)
  for (const name of SETTINGS) {
    const value = source[name]?.trim()
    if (value) given[name] = value
  }
  const result = schema.safeParse(given)
  const wrong = (result.error?.issues ?? []).map(issue => `${String(issue.path[0])}: ${issue.message}`)
  const problems = [...fileProblems, ...wrong]
  const usesProvider = 'OPENAI_API_KEY' in given || 'OPENAI_BASE_URL' in given
  if (usesProvider && !('OPENAI_MODEL' in given)) {
    problems.push('OPENAI_MODEL: missing; expected the model to ask, as a key or a base URL is set')
  }
  if (given['OPENAI_BACKGROUND']?.toLowerCase() === 'true' && given['OPENAI_API'] === 'chat') {
    problems.push('OPENAI_BACKGROUND: needs the Responses API; expected OPENAI_API=responses, or false')
  }
  if (originOf(given['NODE_ADDRESS'] ?? '') && !/^postgres(ql)?:/i.test(given['DATABASE_URL'] ?? '')) {
    problems.push(
      'NODE_ADDRESS: needs PostgreSQL, because only there are other nodes; expected DATABASE_URL too',
    )
  }
  problems.push(...hostTokenProblems(given), ...accessProblems(given), ...storeProblems(given, source))
  const further = readProviders(source, { names: namesIn(given['PROVIDERS']), problems })
  if (further.length > 0 && !usesProvider)
    problems.push('PROVIDERS: needs a first provider; expected OPENAI_API_KEY or OPENAI_BASE_URL too')
  const usesNetwork =
    usesProvider || 'HOST_TOKEN_JWKS_URL' in given || 'OIDC_ISSUERS' in given || 'TOOLS_FILE' in given
  const network = usesNetwork ? readNetwork(source, problems) : undefined
  if (!result.success || problems.length > 0) throw new ConfigProblem('These settings are wrong:', problems)
  return envOf(result.data, { usesProvider, further, network, source })
}

/** What is wrong with the settings of host tokens together. Without a key no token can be checked. */
function hostTokenProblems(given: Record<string, string>): string[] {
  const keys = ['HOST_TOKEN_SECRET', 'HOST_TOKEN_JWKS_URL'].filter(name => name in given)
  const [key] = keys
  if (keys.length > 1) return ['HOST_TOKEN_JWKS_URL: is the second kind of key; expected only one of the two']
  if (key && !('HOST_TOKEN_AUDIENCE' in given))
    return [`HOST_TOKEN_AUDIENCE: missing; expected the audience that tokens name, as ${key} is set`]
  if (key) return []
  const others = [
    'HOST_TOKEN_AUDIENCE',
    'HOST_TOKEN_ISSUER',
    'HOST_TOKEN_REQUIRED',
    'CORS_ORIGINS',
    'FRAME_ANCESTORS',
  ]
  return others
    .filter(name => name in given && given[name]?.toLowerCase() !== 'false')
    .map(name => `${name}: needs a key; expected HOST_TOKEN_SECRET or HOST_TOKEN_JWKS_URL too`)
}

interface Found {
  usesProvider: boolean
  further: readonly FurtherProvider[]
  network: NetworkSettings | undefined
  source: Record<string, string | undefined>
}

function envOf(settings: Settings, { usesProvider, further, network, source }: Found) {
  return Object.freeze({
    server: Object.freeze({
      port: settings.PORT,
      host: settings.HOST,
      nodeAddress: settings.NODE_ADDRESS,
      publicUrls: Object.freeze(settings.PUBLIC_URL),
      trustProxy: settings.TRUST_PROXY,
      rateLimitPerMinute: settings.RATE_LIMIT_PER_MINUTE,
      corsOrigins: Object.freeze(settings.CORS_ORIGINS),
      frameAncestors: Object.freeze(settings.FRAME_ANCESTORS),
    }),
    database: Object.freeze(settings.DATABASE_URL),
    session: Object.freeze({ secret: settings.SESSION_SECRET, oldSecret: settings.SESSION_SECRET_OLD }),
    /** Whether owners can make API keys, and programs can use them. */
    apiKeys: settings.API_KEYS,
    /** Who may make shares and read them. */
    sharing: settings.SHARING,
    /** Whether administrators can read conversations. */
    adminReads: settings.ADMIN_READS,
    /** If absent, no token is looked at. */
    hostTokens: hostTokensOf(settings, network),
    /** Who may come in. */
    access: settings.HOST_TOKEN_REQUIRED ? ('token' as const) : settings.ACCESS,
    mail: mailOf(settings),
    issuers: Object.freeze(settings.OIDC_ISSUERS),
    /** What issuers decide of people. */
    claims: Object.freeze({
      groups: settings.OIDC_GROUPS_CLAIM,
      adminGroups: Object.freeze(settings.OIDC_ADMIN_GROUPS),
    }),
    /** What lies between Riacho and the servers that it asks. */
    network,
    files: filesOf(settings, settings.DATABASE_URL.file, source),
    ownerQuotaBytes: settings.OWNER_QUOTA_MB * 1_000_000,
    maxMessageLength: settings.MAX_MESSAGE_LENGTH,
    spendingLimits: spendingLimitsOf(settings),
    /** If absent, no conversation is deleted by itself. */
    retentionDays: settings.RETENTION_DAYS,
    temporaryHours: settings.TEMPORARY_HOURS,
    logLevel: settings.LOG_LEVEL,
    assistantsDir: settings.ASSISTANTS_DIR,
    /** If absent, a file with the usual name may name MCP servers. */
    toolsFile: settings.TOOLS_FILE,
    /** If absent, the built-in guide answers. */
    openai: usesProvider ? openaiOf(settings, network) : undefined,
    /** Those that are asked after it, with its timeouts and bounds, and nothing else of it. They keep no replies. */
    further: Object.freeze(
      further.map(each =>
        Object.freeze({
          ...openaiOf(settings, network),
          ...each,
          background: false,
          model: each.model ?? '',
        }),
      ),
    ),
    /** How many failures in a row keep requests from a provider. 0: none do. */
    providerFailures: settings.PROVIDER_FAILURES,
    prices: Object.freeze({ models: settings.MODEL_PRICES, currency: settings.PRICES_CURRENCY }),
    titles: settings.TITLES,
    generation: Object.freeze({
      maxAttempts: settings.MAX_ATTEMPTS,
      maxReplyLength: settings.MAX_REPLY_LENGTH,
      commitWindowMs: settings.COMMIT_WINDOW_MS,
      logDurability: settings.LOG_DURABILITY,
      logRetentionHours: settings.LOG_RETENTION_HOURS,
    }),
  })
}

/** If absent, no mail is sent. */
function mailOf({ SMTP_URL: url, MAIL_FROM: from }: Settings) {
  return url !== undefined && from !== undefined ? Object.freeze({ url, from }) : undefined
}

function hostTokensOf(settings: Settings, network?: NetworkSettings) {
  const { HOST_TOKEN_SECRET: secret, HOST_TOKEN_JWKS_URL: jwksUrl } = settings
  const key = secret !== undefined ? { secret } : jwksUrl !== undefined ? { jwksUrl } : undefined
  if (!key) return undefined
  return Object.freeze({
    key: Object.freeze(key),
    audience: settings.HOST_TOKEN_AUDIENCE ?? '',
    issuer: settings.HOST_TOKEN_ISSUER,
    maxAgeSeconds: settings.HOST_TOKEN_MAX_AGE_SECONDS,
    isRequired: settings.HOST_TOKEN_REQUIRED || settings.ACCESS === 'token',
    network,
  })
}
