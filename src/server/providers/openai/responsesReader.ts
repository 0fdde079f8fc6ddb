import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { Gaps } from './checkpoint.ts'
import { type Failure, reportedFailure, truncated } from './failure.ts'
import {
  createSection,
  createSources,
  type Push,
  pushUsage,
  type Reading,
  type ReplyReader,
  type SectionState,
} from './replyReader.ts'
import { forEachPart, type StoredResponse } from './storedResponse.ts'

/** What comes besides the events of the package: keepalives, events newer than it, errors without a type. */
export type Event =
  | ResponseStreamEvent
  | { type: 'response.cancelled'; response: StoredResponse }
  | { type: 'keepalive' }
  | { type?: undefined; error?: unknown }

/** Where a reader begins that begins in the middle of a reply. */
export interface ReadingState {
  text?: SectionState
  reasoning?: SectionState
  /** URLs of the sources that were given; the reader adds its own. */
  sources?: Set<string>
}

export interface ResponsesReader extends ReplyReader {
  /** Takes an event that was parsed already. */
  take(event: Event): Reading
  /** Takes a response that has its last status, as its events would have been taken. */
  takeStored(response: StoredResponse): 'complete' | Failure
  readonly gaps: Gaps
}

/** The event in the data of a frame, if there is one. Throws `SyntaxError`. */
export function eventIn(data: string): Event | undefined {
  return data === '' || data === '[DONE]' ? undefined : (JSON.parse(data) as Event)
}

/** Reads a stream of the Responses API. */
export function createResponsesReader(push: Push, state: ReadingState = {}): ResponsesReader {
  const text = createSection('text-delta', push, state.text)
  const refusal = createSection('refusal-delta', push)
  const reasoning = createSection('reasoning-delta', push, state.reasoning)
  const sources = createSources(push, state.sources)

  function take(event: Event): Reading {
    switch (event.type) {
      case 'response.output_text.delta':
        text.write(event.delta)
        return 'progress'
      case 'response.refusal.delta':
        refusal.write(event.delta)
        return 'progress'
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        reasoning.write(event.delta)
        return 'progress'
      case 'response.output_text.annotation.added':
        cite(event.annotation)
        return 'progress'
      case 'response.output_item.added':
        open(event.item.type)
        return 'progress'
      case 'response.reasoning_summary_part.added':
        reasoning.separate()
        return 'progress'
      case 'response.completed':
        return conclude('completed', event.response)
      case 'response.incomplete':
        return conclude('incomplete', event.response)
      case 'response.failed':
        return conclude('failed', event.response)
      case 'response.cancelled':
        return conclude('cancelled', event.response)
      case 'error':
        return reportedFailure(event)
      case 'keepalive':
        return 'nothing'
      case undefined:
        return event.error ? reportedFailure(event) : 'nothing'
      default:
        return 'progress'
    }
  }

  function takeStored(response: StoredResponse): 'complete' | Failure {
    forEachPart(response, {
      item: open,
      summary(part) {
        reasoning.separate()
        reasoning.write(part)
      },
      reasoning: reasoning.write,
      text: text.write,
      refusal: refusal.write,
      annotation: cite,
    })
    return conclude(response.status, response)
  }

  function open(item: string): void {
    if (item === 'message') text.separate()
    if (item === 'reasoning') reasoning.separate()
  }

  function cite(annotation: unknown): void {
    const { type, url, title } = annotation as { type?: string; url?: string; title?: string }
    if (type === 'url_citation' && url) sources.add(url, title)
  }

  function conclude(status: string | undefined, response: StoredResponse): 'complete' | Failure {
    const { usage } = response
    pushUsage(push, {
      input: usage?.input_tokens,
      output: usage?.output_tokens,
      cached: usage?.input_tokens_details?.cached_tokens,
      reasoning: usage?.output_tokens_details?.reasoning_tokens,
    })
    if (status === 'completed') return 'complete'
    if (status === 'incomplete') return incomplete(response.incomplete_details?.reason)
    if (status === 'failed') return reportedFailure(response.error)
    return { ...truncated(), message: `the response is ${status}`, repeatable: false }
  }

  return {
    read(data) {
      const event = eventIn(data)
      return event ? take(event) : 'nothing'
    },
    end: () => truncated(),
    take,
    takeStored,
    get gaps() {
      return { text: text.gap, reasoning: reasoning.gap }
    },
  }
}

function incomplete(reason: string | undefined): Failure {
  const code = reason === 'content_filter' ? 'CONTENT_FILTERED' : 'OUTPUT_LIMIT'
  return { code, message: `incomplete: ${reason}`, repeatable: false }
}
