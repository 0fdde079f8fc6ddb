import type { OpenOptions } from './openRiacho.ts'
import type { Assistant } from './server/config/assistant.ts'
import { ConfigProblem } from './server/config/configProblem.ts'
import type { Env } from './server/config/env.ts'
import { readBucketAccess } from './server/files/bucketClient.ts'

/** What `openRiacho` needs, from checked settings. */
export function openOptionsOf(
  env: Env,
  assistants: readonly Assistant[],
): Omit<OpenOptions, 'logger' | 'clock'> {
  const { server, openai, further, session, hostTokens, generation } = env
  return {
    database: env.database,
    assistants,
    ...(openai && { openai: openaiOf(openai) }),
    further: further.map(({ name, model, ...each }) => ({
      name,
      model: model || undefined,
      openai: openaiOf({ ...each, model }),
    })),
    providerFailures: env.providerFailures,
    titles: env.titles,
    prices: env.prices,
    ...generation,
    ownerQuotaBytes: env.ownerQuotaBytes,
    maxMessageLength: env.maxMessageLength,
    files: filesOf(env),
    spendingLimits: env.spendingLimits,
    temporaryHours: env.temporaryHours,
    ...(env.retentionDays !== undefined && { retentionDays: env.retentionDays }),
    ...(session.secret !== undefined && { sessionSecret: session.secret }),
    ...(session.oldSecret !== undefined && { oldSessionSecret: session.oldSecret }),
    apiKeys: env.apiKeys,
    sharing: env.sharing,
    adminReads: env.adminReads,
    ...(hostTokens && { hostTokens: hostTokensOf(hostTokens) }),
    accounts: {
      access: env.access,
      mail: env.mail,
      issuers: env.issuers,
      claims: env.claims,
      network: env.network,
      siteUrl: server.publicUrls[0] ?? '',
    },
    network: env.network,
    publicUrls: server.publicUrls,
    corsOrigins: server.corsOrigins,
    rateLimitPerMinute: server.rateLimitPerMinute,
  }
}

/** Where and how files are kept. Throws `ConfigProblem`. */
export function filesOf({ files }: Pick<Env, 'files'>): NonNullable<OpenOptions['files']> {
  const { bucket, folder, limits, documentTokens } = files
  return { limits, documentTokens, place: bucket ? { bucket: bucketOf(bucket) } : { folder } }
}

function bucketOf({ url, variables }: NonNullable<Env['files']['bucket']>) {
  try {
    return readBucketAccess(url, variables)
  } catch (error) {
    throw new ConfigProblem('These settings are wrong:', [
      `FILES_BUCKET: ${error instanceof Error ? error.message : error}`,
    ])
  }
}

function hostTokensOf({
  issuer,
  ...tokens
}: NonNullable<Env['hostTokens']>): NonNullable<OpenOptions['hostTokens']> {
  return { ...tokens, ...(issuer !== undefined && { issuer }) }
}

/** The options of the provider. */
export function openaiOf(openai: NonNullable<Env['openai']>): NonNullable<OpenOptions['openai']> {
  const { baseUrl, apiKey, api, maxOutputTokens, background, network } = openai
  return {
    baseUrl,
    api,
    background,
    ...(network && { network }),
    ...(apiKey !== undefined && { apiKey }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    timeouts: {
      connect: openai.connectTimeoutMs,
      firstByte: openai.firstByteTimeoutMs,
      idle: openai.idleTimeoutMs,
      total: openai.totalTimeoutMs,
    },
  }
}
