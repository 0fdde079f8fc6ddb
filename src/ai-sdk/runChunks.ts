import type { InferUIMessageChunk } from 'ai'
import { foldEvent, type RunEnd, type RunStart, type StreamEvent } from '../protocol/events.ts'
import type { Part, StoredFile } from '../protocol/parts.ts'
import { isOpenCall, type ToolEvent } from '../protocol/tools.ts'
import { chunksOfCall, chunksOfEvent, endOf, questionParts } from './toolChunks.ts'
import { fileParts, type RiachoUIMessage, toUIPart } from './uiMessage.ts'

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
  readonly #messageId: string | undefined
  #state: 'before' | 'writing' | 'ended' = 'before'
  #parts: Part[] = []
  /** The text or reasoning that grows. A delta for an unknown id throws in the AI SDK. */
  #open: { kind: 'text' | 'reasoning'; id: string } | null = null

  /** `messageId`: the message that the page shows the reply as. Default: the one that the run writes. */
  constructor(emit: (chunk: RiachoChunk) => void, messageId?: string) {
    this.#emit = emit
    this.#messageId = messageId
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
      case 'file-update':
      case 'file-end':
        this.#showFile(event)
        break
      case 'search-end':
        this.#endSearch(event)
        break
      default:
        this.#add(event)
    }
  }

  #start(start: RunStart): void {
    const { conversationId, runId, userMessageId, model } = start
    const messageId = this.#messageId ?? start.messageId
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
        | 'search-start'
        | 'file-start'
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
    if (call?.type !== 'tool') return
    for (const chunk of chunksOfEvent(event, call)) this.#emit(chunk)
    if (event.type === 'tool-end') this.#emitFiles(event.files ?? [])
  }

  /** Sends a picture once all of it is there. A page of the AI SDK cannot change a file. */
  #showFile(event: StreamEvent & { type: 'file-update' | 'file-end' }): void {
    foldEvent(this.#parts, event)
    const picture = this.#parts.findLast(part => part.type === 'image' && part.fileId === event.fileId)
    if (event.type === 'file-end' && picture?.type === 'image') this.#emitFiles([picture])
  }

  #emitFiles(files: readonly StoredFile[]): void {
    for (const { type, url, mediaType } of files.flatMap(fileParts)) this.#emit({ type, url, mediaType })
  }

  /** Sends the part again. In the AI SDK it takes the place of the one with the same id. */
  #endSearch(event: StreamEvent & { type: 'search-end' }): void {
    foldEvent(this.#parts, event)
    const search = this.#parts.findLast(part => part.type === 'search' && part.searchId === event.searchId)
    for (const shown of search ? toUIPart(search) : [])
      if (shown.type === 'data-riacho-search') this.#emit(shown)
  }

  /** Sends a part as it is. Text stays open, because more of it may follow. */
  #begin(part: Part): void {
    this.#close()
    const { id } = part
    if (part.type === 'tool') {
      for (const chunk of chunksOfCall(part)) this.#emit(chunk)
      this.#emitFiles(part.files ?? [])
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

  /** The end closes what is still open: calls, and pictures, of which a preview may be left. */
  #endOpen(event: StreamEvent): void {
    const open = this.#parts.map(
      part =>
        (part.type === 'tool' && isOpenCall(part)) || (part.type === 'image' && part.status === 'drawing'),
    )
    foldEvent(this.#parts, event)
    for (const [index, part] of this.#parts.entries()) {
      if (!open[index]) continue
      if (part.type === 'tool')
        for (const chunk of [...questionParts(part), ...endOf(part)]) this.#emit(chunk)
      if (part.type === 'image') this.#emitFiles([part])
    }
  }

  #end({ type: _, ...end }: RunEnd & { type: 'run-end'; message?: string }): void {
    this.#close()
    this.#endOpen({ type: _, ...end })
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
