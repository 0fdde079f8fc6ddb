import { type ContentEvent, EVENTS, type Timing } from '../../protocol/events.ts'
import { PARTS, type Part } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'

/** When a run got somewhere, as `clock.monotonic` says. */
export interface RunTimes {
  /** The message that it answers came. */
  readonly begunAt: number
  /** That message was stored, and the run asked the provider. */
  readonly askedAt: number
  /** The first chunk of the reply came. */
  readonly firstAt?: number
  /** The run decided how it ends. */
  readonly endedAt: number
  /** The end was stored. */
  readonly storedAt: number
}

export interface StopwatchOptions {
  clock: Clock
  /** When the run began, as `clock.monotonic` says. */
  startedAt: number
  /** The parts of the reply that an earlier process received. This process does not know when they came. */
  missed?: readonly Part[]
}

/**
 * Times one reply. `turnTo` is called only when an event has another kind than the one before, so most events cost one
 * comparison.
 */
export class Stopwatch {
  /** The kind of the last event. */
  kind: ContentEvent['type'] | undefined
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #missedText: boolean
  readonly #missedReasoning: boolean
  #textAt: number | undefined
  #reasoningAt: number | undefined
  #reasonedAt: number | undefined

  constructor({ clock, startedAt, missed = [] }: StopwatchOptions) {
    this.#clock = clock
    this.#startedAt = startedAt
    const own = missed.slice(missed.findLastIndex(part => part.type === 'break') + 1)
    this.#missedText = own.some(({ type }) => PARTS[type].isVisibleText)
    this.#missedReasoning = own.some(({ type }) => type === 'reasoning')
  }

  turnTo(kind: ContentEvent['type']): void {
    this.kind = kind
    const now = this.#clock.monotonic()
    const { part } = EVENTS[kind]
    if (part === 'reasoning') {
      this.#reasoningAt ??= now
      return
    }
    if (this.#reasoningAt !== undefined) this.#reasonedAt ??= now
    if (PARTS[part].isVisibleText) this.#textAt ??= now
  }

  /** The times of the reply if it ends now. */
  read(): Timing {
    const now = this.#clock.monotonic()
    const firstTokenAt = this.#missedText ? undefined : this.#textAt
    const reasoningAt = this.#missedReasoning ? undefined : this.#reasoningAt
    return {
      firstTokenMs: firstTokenAt === undefined ? null : Math.round(firstTokenAt - this.#startedAt),
      reasoningMs: reasoningAt === undefined ? null : Math.round((this.#reasonedAt ?? now) - reasoningAt),
      totalMs: Math.round(now - this.#startedAt),
    }
  }
}
