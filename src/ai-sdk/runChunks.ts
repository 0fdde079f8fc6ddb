import type { InferUIMessageChunk } from 'ai'
import { foldEvent, type RunEnd, type RunStart, type StreamEvent } from '../protocol/events.ts'
import type { Part } from '../protocol/parts.ts'
import { isOpenCall, type ToolEvent } from '../protocol/tools.ts'
import { chunksOfCall, chunksOfEvent, endOf } from './toolChunks.ts'
import { type RiachoUIMessage, toUIPart } from './uiMessage.ts'

export type RiachoChunk = InferUIMessageChunk<RiachoUIMessage>

/**
 * Turns the events of one run into chunks of the AI SDK. It is
 *   before    nothing has come;
 *   writing   `start` and one `start-step` were sent. There is only one step, because `reset-step` takes back what was sent
 *             since the last one, and a snapshot takes back everything;
 *   ended     the last chunk was sent.
 */
export class RunChunks {
  readonly #emit: (chunk: RiachoChunk) => void
  #state: 'before' | 'writing' | 'ended' = 'before'
  #parts: Part[] = []
  /** The text or reasoning that grows. A delta for an unknown id throws in the AI SDK. */
  #open: { kind: 'text' | 'reasoning'; id: string } | null = null

  constructor(emit: (chunk: RiachoChunk) => void) {
    this.#emit = emit
  }

  apply(event: StreamEvent): void {
    if (this.#state === 'ended') throw new Error(`${event.type} after the end of a run`)
    switch (event.type) {
      case 'run-start':
        this.#start(event)
        break
      case 'snapshot':
        if (this.#state === 'before') this.#start(event)
        else this.#emit({ type: 'reset-step' })
        this.#open = null
        this.#replace(event)
        break
      case 'run-continue':
        this.#replace(event)
        break
      case 'run-end':
        this.#end(event)
        break
      case 'run-retry':
      case 'run-wait':
        break
      case 'tool-delta':
      case 'tool-run':
      case 'tool-progress':
      case 'tool-end':
      case 'approval-start':
      case 'approval-end':
      case 'question-start':
      case 'question-end':
        this.#changeCall(event)
        break
      default:
        this.#add(event)
    }
  }

  #start(start: RunStart): void {
    const { messageId, conversationId, runId, userMessageId, model } = start
    this.#state = 'writing'
    this.#emit({ type: 'start', messageId, messageMetadata: { conversationId, runId, userMessageId, model } })
    this.#emit({ type: 'start-step' })
  }

  #replace(event: StreamEvent & { type: 'snapshot' | 'run-continue' }): void {
    foldEvent(this.#parts, event)
    for (const part of this.#parts) this.#begin(part)
  }

  #add(
    event: StreamEvent & {
      type:
        | 'text-delta'
        | 'refusal-delta'
        | 'reasoning-delta'
        | 'source-add'
        | 'suggestions-add'
        | 'tool-start'
    },
  ) {
    foldEvent(this.#parts, event)
    const last = this.#parts.at(-1)
    if (!last) throw new Error('an event added no part')
    const isMore = 'content' in event && this.#open?.id === last.id
    if (isMore) this.#emit({ type: `${this.#open?.kind ?? 'text'}-delta`, id: last.id, delta: event.content })
    else this.#begin(last)
  }

  #changeCall(event: ToolEvent): void {
    foldEvent(this.#parts, event)
    const call = this.#parts.findLast(part => part.type === 'tool' && part.callId === event.callId)
    if (call?.type === 'tool') for (const chunk of chunksOfEvent(event, call)) this.#emit(chunk)
  }

  /** Sends a part as it is. Text stays open, because more of it may follow. */
  #begin(part: Part): void {
    this.#close()
    const { id } = part
    if (part.type === 'tool') {
      for (const chunk of chunksOfCall(part)) this.#emit(chunk)
      return
    }
    for (const shown of toUIPart(part)) {
      if (shown.type === 'dynamic-tool') continue
      if (shown.type !== 'text' && shown.type !== 'reasoning') {
        this.#emit(shown)
        continue
      }
      const { type: kind, text, providerMetadata } = shown
      this.#open = { kind, id }
      this.#emit({ type: `${kind}-start`, id, ...(providerMetadata && { providerMetadata }) })
      if (text !== '') this.#emit({ type: `${kind}-delta`, id, delta: text })
    }
  }

  #close(): void {
    if (this.#open) this.#emit({ type: `${this.#open.kind}-end`, id: this.#open.id })
    this.#open = null
  }

  /** The end closes calls that are still open. */
  #endCalls(event: StreamEvent): void {
    const open = this.#parts.map(part => part.type === 'tool' && isOpenCall(part))
    foldEvent(this.#parts, event)
    for (const [index, part] of this.#parts.entries())
      if (open[index] && part.type === 'tool') for (const chunk of endOf(part)) this.#emit(chunk)
  }

  #end({ type: _, ...end }: RunEnd & { type: 'run-end'; message?: string }): void {
    this.#close()
    this.#endCalls({ type: _, ...end })
    this.#state = 'ended'
    const { message, historyFrom: __, documents: ___, ...messageMetadata } = end
    this.#emit({ type: 'finish-step' })
    if (end.status === 'completed' || end.status === 'paused') {
      this.#emit({ type: 'finish', finishReason: 'stop', messageMetadata })
      return
    }
    this.#emit({ type: 'message-metadata', messageMetadata })
    // An error keeps the parts. Somebody who stops a reply, here or in another tab, does not see an error.
    if (end.status === 'stopped') this.#emit({ type: 'abort' })
    else this.#emit({ type: 'error', errorText: message ?? end.code ?? end.status })
  }
}
