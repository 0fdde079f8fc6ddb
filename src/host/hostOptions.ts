import { join } from 'node:path'
import type { Logger } from 'pino'
import { openOptionsOf } from '../openOptions.ts'
import type { OpenOptions } from '../openRiacho.ts'
import type { OwnerOf } from '../server/access/hostOwner.ts'
import { type AssistantDefinition, defineAssistants, loadAssistants } from '../server/config/assistant.ts'
import { ConfigProblem } from '../server/config/configProblem.ts'
import { readEnv, SETTINGS } from '../server/config/env.ts'
import { isProviderSetting, namesIn } from '../server/config/providers.ts'
import { defineToolServers, type ToolServerDefinitions } from '../server/config/toolServers.ts'
import type { Provider } from '../server/generation/provider.ts'
import { defineTools, type HostTools } from '../server/tools/hostTools.ts'

/** How a host composes Riacho. Riacho reads no environment: everything comes from here. */
export interface RiachoOptions {
  /** `file:` and a path. Default: `file:./data/riacho.db`. */
  database?: string
  /** A server that speaks OpenAI's API. Without it and without `provider`, the built-in guide answers. */
  openai?: {
    apiKey?: string | undefined
    /** The address up to the version. Default: OpenAI's own. */
    baseUrl?: string | undefined
    model?: string | undefined
    /** Default: `auto`. */
    api?: 'auto' | 'responses' | 'chat'
  }
  /** Something else that writes replies. Takes the place of `openai`. */
  provider?: Provider
  /** A folder of `<id>.md` files, or the assistants themselves. Default: one assistant, Riacho. */
  assistants?: string | readonly AssistantDefinition[]
  /** Functions that models may call, by their names. */
  tools?: HostTools
  /** MCP servers whose tools models may call, by their names. */
  mcp?: ToolServerDefinitions
  /** Who asks. Default: everybody is a visitor. */
  owner?: OwnerOf
  /** What stands before `/api/chat` in the addresses of the host, such as `/completo`. Default: nothing. */
  basePath?: string
  /** Settings without an option of their own, by their names in docs/configuration.md, such as `LOG_RETENTION_HOURS`. */
  settings?: Readonly<Record<string, string | undefined>>
  /** Default: warnings and errors as JSON lines on standard output. */
  logger?: Logger
}

/** The assistant that the package brings along. */
const OWN_ASSISTANTS = join(import.meta.dirname, '..', '..', 'assistants')

/** Settings that have an option, or that only a server of its own has. */
const NOT_HERE: Readonly<Record<string, string>> = {
  DATABASE_URL: 'the option database',
  OPENAI_API_KEY: 'the option openai.apiKey',
  OPENAI_BASE_URL: 'the option openai.baseUrl',
  OPENAI_MODEL: 'the option openai.model',
  OPENAI_API: 'the option openai.api',
  ASSISTANTS_DIR: 'the option assistants',
  TOOLS_FILE: 'the option mcp',
  LOG_LEVEL: 'the option logger',
  PORT: 'no port here, because the app listens',
  HOST: 'no address here, because the app listens',
  NODE_ADDRESS: 'no address of a node here, because only a server of its own answers other nodes',
  FRAME_ANCESTORS: 'no widget here, because the pages are those of the app',
  TRUST_PROXY: 'no proxy here, because the app knows its own',
}

const OPTIONS: Readonly<Record<keyof RiachoOptions, true>> = {
  assistants: true,
  basePath: true,
  database: true,
  logger: true,
  mcp: true,
  openai: true,
  owner: true,
  provider: true,
  settings: true,
  tools: true,
}

/** What would be ignored would surprise its author. Throws `ConfigProblem`. */
function checkNames(options: RiachoOptions): void {
  const unknown = Object.keys(options).filter(name => !Object.hasOwn(OPTIONS, name))
  const providers = namesIn(options.settings?.['PROVIDERS'])
  const ofSettings = Object.keys(options.settings ?? {}).flatMap(name => {
    if (name in NOT_HERE) return [`settings.${name}: expected ${NOT_HERE[name]}`]
    const isKnown = SETTINGS.includes(name) || isProviderSetting(name, providers)
    return isKnown ? [] : [`settings.${name}: not a setting of Riacho`]
  })
  const problems = [...unknown.map(name => `${name}: not an option of Riacho`), ...ofSettings]
  if (problems.length > 0) throw new ConfigProblem('These options are wrong:', problems)
}

/** The options as settings, so that one schema checks both and gives the same defaults. */
export function settingsOf({
  database,
  openai,
  settings,
}: RiachoOptions): Record<string, string | undefined> {
  return {
    ...settings,
    DATABASE_URL: database,
    OPENAI_API_KEY: openai?.apiKey,
    OPENAI_BASE_URL: openai?.baseUrl,
    OPENAI_MODEL: openai?.model,
    OPENAI_API: openai?.api,
  }
}

/** Reads the options of a host. Throws `ConfigProblem` with everything that is wrong. */
export async function readHostOptions(
  options: RiachoOptions,
): Promise<Omit<OpenOptions, 'logger' | 'clock'>> {
  checkNames(options)
  const env = readEnv(settingsOf(options))
  const { assistants = OWN_ASSISTANTS } = options
  const defaults = { defaultModel: env.openai?.model ?? '' }
  const list =
    typeof assistants === 'string'
      ? loadAssistants(assistants, defaults)
      : defineAssistants(assistants, defaults)
  const { provider, tools, mcp } = options
  const { openai, ...others } = openOptionsOf(env, await list)
  const inFiles = typeof assistants === 'string'
  const rest = {
    ...others,
    ...(tools && { tools: defineTools(tools) }),
    ...(mcp && { toolServers: defineToolServers(mcp) }),
    ...(inFiles && { assistantFolder: { directory: assistants, ...defaults } }),
  }
  return provider ? { ...rest, provider } : { ...rest, ...(openai && { openai }) }
}
