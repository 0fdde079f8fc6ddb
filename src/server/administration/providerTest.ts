import type {
  AdminProvidersResponse,
  AdminTestResponse,
  ProviderState,
} from '../../protocol/admin/adminResponses.ts'
import { isRunErrorCode, RiachoError } from '../../protocol/errors.ts'
import { isContent } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import { composeParts } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'
import type { Assistant } from '../config/assistant.ts'
import type { Provider } from '../generation/provider.ts'
import type { Readiness } from '../readiness.ts'

/** How long a provider has for the beginning of its reply, in milliseconds. */
const TIME_LIMIT = 20_000

const QUESTION: Readonly<Record<Locale, string>> = {
  'pt-BR': 'Responda só: ok',
  en: 'Reply only: ok',
  es: 'Responde solo: ok',
}

export interface ProviderTestOptions {
  provider: Provider
  assistants: readonly Assistant[]
  readiness: Pick<Readiness, 'provider'>
  providerStates: () => ProviderState[]
  clock: Pick<Clock, 'monotonic'>
}

/** Says how the provider is, and asks it for the beginning of one small reply. */
export function createProviderTest({
  provider,
  assistants,
  readiness,
  providerStates,
  clock,
}: ProviderTestOptions) {
  const models = () => [...new Set(assistants.map(({ model }) => model))]

  function list(): AdminProvidersResponse {
    const { lastEnd } = readiness.provider()
    return {
      providers: [
        {
          id: provider.name,
          models: models(),
          lastEnd: lastEnd && { status: lastEnd.status, code: lastEnd.code ?? null },
        },
      ],
      states: providerStates(),
    }
  }

  /** Throws `NOT_FOUND`. */
  async function test(
    { id, model, locale }: { id: string; model: string; locale: Locale },
    left: AbortSignal,
  ): Promise<AdminTestResponse> {
    if (id !== provider.name || !models().includes(model)) throw new RiachoError('NOT_FOUND')
    const begun = clock.monotonic()
    const code = await beginReply({ model, locale }, left)
    return { code, took: Math.round(clock.monotonic() - begun) }
  }

  async function beginReply({ model, locale }: { model: string; locale: Locale }, left: AbortSignal) {
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, left, AbortSignal.timeout(TIME_LIMIT)])
    const parts = composeParts({ content: QUESTION[locale] })
    try {
      const request = { model, instructions: '', history: [{ role: 'user' as const, parts }], locale }
      for await (const chunk of provider.generate(request, signal)) if (isContent(chunk)) return null
      return signal.aborted ? ('UPSTREAM_TIMEOUT' as const) : ('EMPTY_REPLY' as const)
    } catch (error) {
      if (error instanceof RiachoError && isRunErrorCode(error.code)) return error.code
      return signal.aborted ? ('UPSTREAM_TIMEOUT' as const) : ('UPSTREAM_ERROR' as const)
    } finally {
      // No more tokens than the answer needs.
      stop.abort()
    }
  }

  return { list, test }
}
