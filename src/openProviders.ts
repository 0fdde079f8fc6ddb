import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ProviderState } from './protocol/admin/adminResponses.ts'
import type { RunErrorCode } from './protocol/errors.ts'
import type { Clock } from './server/clock.ts'
import type { Assistant } from './server/config/assistant.ts'
import { withChoices } from './server/config/providerChoices.ts'
import { FIRST_PROVIDER } from './server/config/providers.ts'
import type { Provider } from './server/generation/provider.ts'
import { CircuitBreaker } from './server/providers/failover/circuitBreaker.ts'
import { createFailover } from './server/providers/failover/failover.ts'
import type { NamedProvider } from './server/providers/failover/firstAnswer.ts'
import { createGuideProvider } from './server/providers/guide/guideProvider.ts'
import { GUIDE_GREETING, GUIDE_STARTERS } from './server/providers/guide/phrases.ts'
import { loadGuide } from './server/providers/guide/sections.ts'
import { createOpenaiProvider, type OpenaiOptions } from './server/providers/openai/openaiProvider.ts'

/** The model of a reply by the guide, whichever model its assistant names. */
const GUIDE_MODEL = 'guide'
/** The texts of the guide, in the languages of the interface. */
const GUIDE_DIRECTORY = join(import.meta.dirname, '..', 'docs', 'guide')

/** A provider besides the first one. */
export interface FurtherOptions {
  name: string
  /** What it calls the model of an assistant that names none for it. */
  model?: string | undefined
  openai: Omit<OpenaiOptions, 'clock' | 'dispatcher'>
}

export interface ProvidersOptions {
  /** If absent, `provider` writes the replies, and without it the built-in guide. */
  openai?: FurtherOptions['openai'] | undefined
  /** A provider of the host. */
  provider?: Provider | undefined
  /** Providers that are asked after it, in their order. */
  further?: readonly FurtherOptions[] | undefined
  /** How many failures in a row keep requests from a provider for a while. 0: none do. Default: 10. */
  providerFailures?: number | undefined
  onFailure: (provider: string, code: RunErrorCode) => void
  clock: Clock
  logger: Logger
}

/** The providers as one, and what is known of each. */
export interface Providers {
  provider: Provider
  states(): ProviderState[]
}

/** Makes one provider of those that are set. */
export async function openProviders(options: ProvidersOptions): Promise<Providers> {
  const { provider, openai, clock } = options
  if (!provider && openai) return openFailover({ ...options, openai })
  const alone = provider ?? createGuideProvider({ guide: await loadGuide(GUIDE_DIRECTORY), clock })
  return { provider: alone, states: () => [] }
}

function openFailover(options: ProvidersOptions & { openai: FurtherOptions['openai'] }): Providers {
  const { openai, further = [], onFailure, clock, logger, providerFailures: failures = 10 } = options
  const named = (name: string, own: FurtherOptions['openai']): NamedProvider => ({
    name,
    provider: createOpenaiProvider({ ...own, clock }),
    breaker: new CircuitBreaker({
      failures,
      clock,
      onState(state, code) {
        const level = state === 'open' ? 'warn' : 'info'
        logger[level]({ provider: name, state, code }, 'the breaker of a provider has changed')
      },
    }),
  })
  const providers = [
    named(FIRST_PROVIDER, openai),
    ...further.map(({ name, openai }) => named(name, openai)),
  ] as const
  return {
    provider: createFailover({ providers, onFailure, logger }),
    states: () =>
      providers.map(({ name, breaker: { state, pause } }) => ({
        name,
        state,
        code: pause?.code ?? null,
        probeIn: state === 'open' ? (pause?.leftMs ?? 0) : null,
      })),
  }
}

/** Who writes the replies. */
export type ProvidersInUse = Pick<ProvidersOptions, 'openai' | 'provider' | 'further'>

/** Without a provider the guide writes the replies. It costs nothing. */
export function usesGuide({ openai, provider }: ProvidersInUse): boolean {
  return !openai && !provider
}

/**
 * The assistants as they are played: each with the providers that may answer. A provider of the host answers alone. The
 * guide plays only one assistant, and greets as what it is. Throws `ConfigProblem` if one names a provider that is not set.
 */
export function assistantsOf(
  assistants: readonly Assistant[],
  options: ProvidersInUse,
): readonly Assistant[] {
  if (!usesGuide(options))
    return options.provider ? assistants : withChoices(assistants, options.further ?? [])
  return assistants.slice(0, 1).map(assistant => ({
    ...assistant,
    model: GUIDE_MODEL,
    greeting: GUIDE_GREETING,
    starters: GUIDE_STARTERS,
  }))
}
