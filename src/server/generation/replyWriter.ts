import type { ContentEvent } from '../../protocol/events.ts'
import { type Part, textOf } from '../../protocol/parts.ts'
import type { EventLog } from '../log/eventLog.ts'
import { Citations } from './citations.ts'
import { documentsIn } from './documents.ts'
import type { ProviderMessage } from './provider.ts'
import { cutTo, isAnswer, lengthOf, lengthOfParts } from './replyText.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface ReplyWriterOptions {
  log: EventLog
  stopwatch: Stopwatch
  /** What the reply has already. */
  begun: readonly Part[]
  /** The messages before this one. */
  history: readonly ProviderMessage[]
  /** The most text of a reply, in UTF-16 units. */
  maxReplyLength: number
  /** The reply is at its longest length, and has to end. */
  onFull: () => void
}

/** Writes what a run receives to its log: with the numbers of its sources, timed, and at most as long as it may be. */
export class ReplyWriter {
  readonly #log: EventLog
  readonly #stopwatch: Stopwatch
  readonly #maxLength: number
  readonly #onFull: () => void
  /** Absent where the conversation has no documents. */
  readonly #citations: Citations | undefined
  #hasAnswer: boolean
  /** The text of the reply so far, in UTF-16 units. */
  #length: number
  #isClosed = false

  constructor({ log, stopwatch, begun, history, maxReplyLength, onFull }: ReplyWriterOptions) {
    this.#log = log
    this.#stopwatch = stopwatch
    this.#maxLength = maxReplyLength
    this.#onFull = onFull
    if (documentsIn(history).length > 0) this.#citations = new Citations(history, log.parts)
    this.#hasAnswer = textOf(begun).trim() !== ''
    this.#length = lengthOfParts(begun)
  }

  /** Whether the reply has words that a reader can see. */
  get hasAnswer(): boolean {
    return this.#hasAnswer
  }

  /** Whether nothing more fits. */
  get isFull(): boolean {
    return this.#length >= this.#maxLength
  }

  append(event: ContentEvent): void {
    if (!this.#citations) this.#appendOne(event)
    else for (const each of this.#citations.take(event)) this.#appendOne(each)
  }

  /** Appends what waits for the text to go on. */
  flush(): void {
    for (const event of this.#citations?.end() ?? []) this.#appendOne(event)
  }

  /** Takes what tools have written to the log. */
  learn(): void {
    const { parts } = this.#log
    this.#citations?.learn(parts)
    this.#length = lengthOfParts(parts)
  }

  /** Appends what waits, and nothing from then on. */
  close(): void {
    this.flush()
    this.#isClosed = true
  }

  #appendOne(event: ContentEvent): void {
    if (this.#isClosed) return
    if (event.type !== this.#stopwatch.kind) this.#stopwatch.turnTo(event.type)
    this.#length += lengthOf(event)
    if (this.#length > this.#maxLength) {
      this.#cutOff(event)
      return
    }
    if (!this.#hasAnswer && isAnswer(event)) this.#hasAnswer = true
    this.#log.append(event)
  }

  /** Ends the reply at its longest length. Keeps the beginning of `event` that fits. */
  #cutOff(event: ContentEvent): void {
    const excess = this.#length - this.#maxLength
    const last = cutTo(event, lengthOf(event) - excess)
    if (last) this.#log.append(last)
    // The text has their numbers.
    for (const each of this.#citations?.end() ?? []) if (each.type === 'source-add') this.#log.append(each)
    this.#onFull()
  }
}
