import { z } from 'zod'
import { isTrue } from './isTrue.ts'
import type { NetworkSettings } from './network.ts'
import { readSecretFiles } from './secretFiles.ts'
import { wholeNumber } from './wholeNumber.ts'

const DAY_MS = 86_400_000

const baseUrl = z.string().transform((value, context) => {
  const url = URL.parse(value)
  const problem =
    !url || !/^https?:$/.test(url.protocol)
      ? 'not an http or https URL'
      : url.username || url.password || url.search || url.hash
        ? 'has a user, a query or a fragment'
        : /\/(responses|completions)\/*$/.test(url.pathname)
          ? 'names one endpoint'
          : undefined
  if (!problem) return value.replace(/\/+$/, '')
  context.addIssue(`${problem}; expected the address up to the version, such as http://localhost:11434/v1`)
  return z.NEVER
})

const providerKey = z
  .string()
  .regex(/^[!-~]+$/, 'has a character no key has; expected the key alone, without spaces or quotes')

const APIS = ['auto', 'responses', 'chat'] as const

const providerApi = z.enum(APIS, `not a known value; expected one of ${APIS.join(', ')}`)

const modelName = z.string().regex(/^\S+$/, 'has a space; expected the name of one model')

/** A provider that may answer, and what it calls the model. */
export interface ProviderChoice {
  readonly provider: string
  readonly model: string
}

/** The provider that the settings `OPENAI_…` describe. */
export const FIRST_PROVIDER = 'openai'
const NAME = /^[a-z][a-z\d]{0,30}$/
const MAX_PROVIDERS = 8

/** The names of further providers, in the order in which they are asked. */
const providerNames = z.string().transform((value, context) => {
  const names = value.split(',').map(name => name.trim())
  const isOk =
    names.every(name => NAME.test(name) && name !== FIRST_PROVIDER) &&
    new Set(names).size === names.length &&
    names.length <= MAX_PROVIDERS
  if (isOk) return names
  context.addIssue(
    `not a list of names; expected at most ${MAX_PROVIDERS} different names of a-z and 0-9, such as backup,local, and none of them ${FIRST_PROVIDER}`,
  )
  return z.NEVER
})

/** The settings of the first provider, and which others there are. */
export const providerShape = {
  OPENAI_API_KEY: providerKey.optional(),
  OPENAI_BASE_URL: baseUrl.default('https://api.openai.com/v1'),
  OPENAI_API: providerApi.default('auto'),
  OPENAI_BACKGROUND: isTrue.default(false),
  OPENAI_MODEL: modelName.optional(),
  OPENAI_MAX_OUTPUT_TOKENS: wholeNumber(1, 10_000_000).optional(),
  OPENAI_CONNECT_TIMEOUT_MS: wholeNumber(1, DAY_MS).default(10_000),
  OPENAI_FIRST_BYTE_TIMEOUT_MS: wholeNumber(1, DAY_MS).default(120_000),
  OPENAI_IDLE_TIMEOUT_MS: wholeNumber(1, DAY_MS).default(120_000),
  OPENAI_TOTAL_TIMEOUT_MS: wholeNumber(1, DAY_MS).default(1_800_000),
  PROVIDERS: providerNames.default([]),
  PROVIDER_FAILURES: wholeNumber(0, 1000).default(10),
}

const providerSettings = z.object(providerShape)

/** The first provider, as its settings say. */
export function openaiOf(settings: z.infer<typeof providerSettings>, network?: NetworkSettings) {
  return Object.freeze({
    apiKey: settings.OPENAI_API_KEY,
    baseUrl: settings.OPENAI_BASE_URL,
    api: settings.OPENAI_API,
    background: settings.OPENAI_BACKGROUND,
    model: settings.OPENAI_MODEL ?? '',
    maxOutputTokens: settings.OPENAI_MAX_OUTPUT_TOKENS,
    connectTimeoutMs: settings.OPENAI_CONNECT_TIMEOUT_MS,
    firstByteTimeoutMs: settings.OPENAI_FIRST_BYTE_TIMEOUT_MS,
    idleTimeoutMs: settings.OPENAI_IDLE_TIMEOUT_MS,
    totalTimeoutMs: settings.OPENAI_TOTAL_TIMEOUT_MS,
    network,
  })
}

/** What each further provider has, by the last part of its setting `PROVIDER_<NAME>_…`. */
const fields = z.object({
  BASE_URL: baseUrl,
  API_KEY: providerKey.optional(),
  API: providerApi.default('auto'),
  MODEL: modelName.optional(),
})

/** A provider besides the first one. */
export interface FurtherProvider {
  readonly name: string
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly api: (typeof APIS)[number]
  /** What it calls the model of an assistant that names none for it. If absent, as the assistant does. */
  readonly model: string | undefined
}

const settingOf = (name: string, field: string) => `PROVIDER_${name.toUpperCase()}_${field}`

/** Whether a variable is a setting of one of these providers. */
export function isProviderSetting(name: string, providers: readonly string[]): boolean {
  const endings = [...Object.keys(fields.shape), 'API_KEY_FILE']
  return providers.some(provider => endings.some(field => name === settingOf(provider, field)))
}

/** The names in `PROVIDERS`. None if the list is wrong. */
export function namesIn(given: string | undefined): readonly string[] {
  return providerNames.safeParse(given?.trim() || undefined).data ?? []
}

/** Reads the settings of the named providers from `source`. Adds to `problems` what is wrong, without a value. */
export function readProviders(
  source: Record<string, string | undefined>,
  { names, problems }: { names: readonly string[]; problems: string[] },
): readonly FurtherProvider[] {
  const secrets = readSecretFiles(
    source,
    problems,
    names.map(name => settingOf(name, 'API_KEY')),
  )
  return names.flatMap(name => {
    const given = Object.keys(fields.shape).flatMap(field => {
      const setting = settingOf(name, field)
      const value = source[setting]?.trim() || secrets[setting]
      return value ? [[field, value]] : []
    })
    const { data, error } = fields.safeParse(Object.fromEntries(given))
    for (const { path, message } of error?.issues ?? []) {
      const isMissing = !given.some(([field]) => field === path[0])
      const setting = settingOf(name, String(path[0]))
      problems.push(
        isMissing
          ? `${setting}: missing; expected the address of the provider, because PROVIDERS names it`
          : `${setting}: ${message}`,
      )
    }
    if (!data) return []
    const { BASE_URL, API_KEY, API, MODEL } = data
    return [Object.freeze({ name, baseUrl: BASE_URL, apiKey: API_KEY, api: API, model: MODEL })]
  })
}
