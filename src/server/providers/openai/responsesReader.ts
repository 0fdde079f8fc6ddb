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
  type Section,
  type SectionState,
} from './replyReader.ts'
import { forEachPart, type StoredResponse } from './storedResponse.ts'

/** The events that the `openai` package knows, and those it does not: newer ones, keepalives, errors without a type. */
export type Event =
  | ResponseStreamEvent
  | { type: 'response.cancelled'; response: StoredResponse }
  | { type: 'keepalive' }
  | { type?: undefined; error?: unknown }

/** What an earlier reader of the same reply has given. */
export interface ReadingState {
  text?: SectionState
  reasoning?: SectionState
  /** URLs of the sources. The reader adds its own. */
  sources?: Set<string>
}

export interface ResponsesReader extends ReplyReader {
  /** Takes a parsed event. */
  take(event: Event): Reading
  /** Takes a whole response, with the same effect as all its events. */
  takeStored(response: StoredResponse): 'complete' | Failure
  readonly gaps: Gaps
}

/** The event in the data of a frame, if there is one. Throws `SyntaxError`. */
export function eventIn(data: string): Event | undefined {
  return data === '' || data === '[DONE]' ? undefined : (JSON.parse(data) as Event)
}

/** Reads a stream of the Responses API. */
export function createResponsesReader(push: Push, state: ReadingState = {}): ResponsesReader {
  const reply: Reply = {
    push,
    text: createSection('text-delta', push, state.text),
    refusal: createSection('refusal-delta', push),
    reasoning: createSection('reasoning-delta', push, state.reasoning),
    sources: createSources(push, state.sources),
  }
  return {
    read(data) {
      const event = eventIn(data)
      return event ? takeEvent(reply, event) : 'nothing'
    },
    end: () => truncated(),
    take: event => takeEvent(reply, event),
    takeStored: response => takeStored(reply, response),
    get gaps() {
      return { text: reply.text.gap, reasoning: reply.reasoning.gap }
    },
  }
}

/** What a reply is written to. */
interface Reply {
  push: Push
  text: Section
  refusal: Section
  reasoning: Section
  sources: ReturnType<typeof createSources>
}

function takeEvent(reply: Reply, event: Event): Reading {
  const { text, refusal, reasoning } = reply
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
      cite(reply, event.annotation)
      return 'progress'
    case 'response.output_item.added':
      beginItem(reply, event.item.type)
      return 'progress'
    case 'response.reasoning_summary_part.added':
      reasoning.separate()
      return 'progress'
    case 'response.completed':
      return conclude(reply, 'completed', event.response)
    case 'response.incomplete':
      return conclude(reply, 'incomplete', event.response)
    case 'response.failed':
      return conclude(reply, 'failed', event.response)
    case 'response.cancelled':
      return conclude(reply, 'cancelled', event.response)
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

function takeStored(reply: Reply, response: StoredResponse): 'complete' | Failure {
  const { text, refusal, reasoning } = reply
  forEachPart(response, {
    item: type => beginItem(reply, type),
    summary(part) {
      reasoning.separate()
      reasoning.write(part)
    },
    reasoning: reasoning.write,
    text: text.write,
    refusal: refusal.write,
    annotation: annotation => cite(reply, annotation),
  })
  return conclude(reply, response.status, response)
}

function beginItem({ text, reasoning }: Reply, type: string): void {
  if (type === 'message') text.separate()
  if (type === 'reasoning') reasoning.separate()
}

function cite({ sources }: Reply, annotation: unknown): void {
  const { type, url, title } = annotation as { type?: string; url?: string; title?: string }
  if (type === 'url_citation' && url) sources.add(url, title)
}

function conclude(
  { push }: Reply,
  status: string | undefined,
  response: StoredResponse,
): 'complete' | Failure {
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

function incomplete(reason: string | undefined): Failure {
  const code = reason === 'content_filter' ? 'CONTENT_FILTERED' : 'OUTPUT_LIMIT'
  return { code, message: `incomplete: ${reason}`, repeatable: false }
}
