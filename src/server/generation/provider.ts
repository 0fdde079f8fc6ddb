import type { ContentEvent, Usage } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { Part } from '../../protocol/parts.ts'

export interface ProviderMessage {
  /** Absent where the message is not a stored one. */
  readonly id?: string
  readonly role: 'user' | 'assistant'
  readonly parts: readonly Part[]
}

export interface ProviderRequest {
  readonly model: string
  readonly instructions: string
  /** The branch so far, oldest first; the last message is the user's. `toldHistory` says what a provider is told of it. */
  readonly history: readonly ProviderMessage[]
  /** A reply that broke off: what is yielded goes on from the last character of its text. */
  readonly partial?: readonly Part[]
  readonly locale: Locale
  readonly temperature?: number
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'
}

/** What a title is made from: how a conversation began. */
export interface TitleRequest {
  readonly model: string
  readonly question: readonly Part[]
  readonly reply: readonly Part[]
  readonly locale: Locale
}

/** Content, which people see, or word to the run alone. */
export type ProviderChunk =
  | ContentEvent
  | { type: 'usage'; usage: Usage }
  /** Where the provider can go on from, should this process die: everything yielded before it, and nothing after. */
  | { type: 'checkpoint'; checkpoint: string }

/**
 * What writes replies. The iterable ends normally only when the provider said that the reply is complete. Anything
 * else throws a `RiachoError` with a run code, `beforeFirstByte` set while asking again cannot repeat any text. When
 * `signal` aborts, the upstream connection is closed at once and the iterable ends or throws: the caller asks the signal.
 */
export interface Provider {
  readonly name: string
  generate(request: ProviderRequest, signal: AbortSignal): AsyncIterable<ProviderChunk>
  /**
   * Goes on with a reply that the provider kept writing: yields what comes after `checkpoint`, the last one that was
   * stored together with `parts`. Absent where the provider keeps nothing.
   */
  resume?(reply: KeptReply, signal: AbortSignal): AsyncIterable<ProviderChunk>
  /** Asks, when it can, that nothing is kept of the reply that told `checkpoint`. Whether it is told nobody. */
  forget?(checkpoint: string): void
  /** Writes a title, piece by piece; ends, throws and aborts as `generate` does. Absent where there is none to be had. */
  title?(request: TitleRequest, signal: AbortSignal): AsyncIterable<string>
  /** Closes the connections that no reply uses any more. */
  close?(): Promise<void>
}

export interface KeptReply {
  readonly checkpoint: string
  /** The message so far. */
  readonly parts: readonly Part[]
}

/** Reason of an abort that leaves the reply to the next process: a provider that keeps replies does not cancel it. */
export const DETACHED = 'detached'
