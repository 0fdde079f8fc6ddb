import type { Source, Usage } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'

export interface ProviderMessage {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

export interface ProviderRequest {
  readonly model: string
  readonly instructions: string
  /** The branch so far, oldest first; the last message is the user's. */
  readonly history: readonly ProviderMessage[]
  readonly locale: Locale
  readonly temperature?: number
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'
}

export type ProviderChunk =
  | { type: 'text'; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; text: string }
  | ({ type: 'source' } & Source)
  | { type: 'usage'; usage: Usage }

/**
 * What writes replies. The iterable ends normally only when the provider said that the reply is complete. Anything
 * else throws a `RiachoError` with a run code, `beforeFirstByte` set while asking again cannot repeat any text. When
 * `signal` aborts, the upstream connection is closed at once and the iterable ends or throws: the caller asks the signal.
 */
export interface Provider {
  readonly name: string
  generate(request: ProviderRequest, signal: AbortSignal): AsyncIterable<ProviderChunk>
}
