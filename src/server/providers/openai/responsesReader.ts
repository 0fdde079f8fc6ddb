import type { TextKind } from '../../../protocol/looseText.ts'
import type { Gaps } from './checkpoint.ts'
import { type Failure, reportedFailure, truncated } from './failure.ts'
import { isCall } from './itemCalls.ts'
import { isPicture } from './itemPictures.ts'
import { isSearch } from './itemSearches.ts'
import { readResponsesDeltas } from './plainDeltas.ts'
import { fieldsOf, type Push, type Reading, type ReplyReader } from './replyReader.ts'
import {
  beginItem,
  cite,
  createReply,
  endOf,
  type ReadingState,
  type Reply,
  takeMissingItem,
  takeOutput,
  writeMissing,
} from './responseOutput.ts'
import type { StoredResponse } from './storedResponse.ts'

/** The fields of an event that are read. Servers leave fields out, and send anything in them. */
export interface Event {
  type?: unknown
  delta?: unknown
  text?: unknown
  refusal?: unknown
  annotation?: unknown
  item?: unknown
  response?: unknown
  error?: unknown
  sequence_number?: unknown
  output_index?: unknown
  item_id?: unknown
  arguments?: unknown
  partial_image_b64?: unknown
}

export interface ResponsesReader extends ReplyReader {
  /** Takes a parsed event. */
  take(event: Event): Reading
  readonly gaps: Gaps
}

/** The event in the data of a frame, if there is one. Throws `SyntaxError`. */
export function eventIn(data: string): Event | undefined {
  if (data === '' || data === '[DONE]') return undefined
  const event: unknown = JSON.parse(data)
  return typeof event === 'object' && event !== null ? event : undefined
}

/** Reads a stream of the Responses API. */
export function createResponsesReader(push: Push, state?: ReadingState): ResponsesReader {
  const reply = createReply(push, state)
  return {
    read(data) {
      const event = eventIn(data)
      return event ? takeEvent(reply, event) : 'nothing'
    },
    readDeltas: text => readResponsesDeltas(text, delta => void writeDelta(reply, 'text', delta)),
    readWhole(value) {
      const { error, output, status = 'completed' } = fieldsOf<StoredResponse>(value)
      if (error || !Array.isArray(output)) return reportedFailure(value)
      return takeStored(reply, { ...fieldsOf<StoredResponse>(value), status })
    },
    end() {
      reply.texts.end()
      return truncated()
    },
    take: event => takeEvent(reply, event),
    get gaps() {
      return { text: reply.texts.text.gap, reasoning: reply.texts.reasoning.gap }
    },
  }
}

function takeEvent(reply: Reply, event: Event): Reading {
  const { texts } = reply
  switch (event.type) {
    case 'response.output_text.delta':
      return writeDelta(reply, 'text', event.delta)
    case 'response.refusal.delta':
      return writeDelta(reply, 'refusal', event.delta)
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      return writeDelta(reply, 'reasoning', event.delta)
    case 'response.output_text.done':
      return writeDone(reply, 'text', event.text)
    case 'response.refusal.done':
      return writeDone(reply, 'refusal', event.refusal)
    case 'response.reasoning_summary_text.done':
    case 'response.reasoning_text.done':
      return writeDone(reply, 'reasoning', event.text)
    case 'response.output_text.annotation.added':
      cite(reply, event.annotation)
      return 'progress'
    case 'response.output_item.added':
      beginItem(reply, fieldsOf<{ type: unknown }>(event.item).type)
      reply.calls.begin(event.item, event)
      reply.searches.begin(event.item, event)
      reply.pictures.begin(event.item, event)
      return 'progress'
    case 'response.function_call_arguments.delta':
      reply.calls.write(event.delta, event)
      return 'progress'
    case 'response.function_call_arguments.done':
      reply.calls.finish(event.arguments, event)
      return 'progress'
    case 'response.image_generation_call.partial_image':
      reply.pictures.preview(event.partial_image_b64, event)
      return 'progress'
    case 'response.output_item.done':
      if (!reply.hasItem && !isPlaced(event.item)) takeMissingItem(reply, event.item)
      reply.calls.end(event.item, event)
      reply.searches.end(event.item, event)
      reply.pictures.end(event.item, event)
      reply.hasItem = false
      return 'progress'
    case 'response.reasoning_summary_part.added':
      texts.reasoning.separate()
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
      texts.end()
      return reportedFailure(event)
    case 'keepalive':
      return 'nothing'
    case undefined:
      return event.error ? reportedFailure(event) : 'nothing'
    default:
      return 'progress'
  }
}

/** Whether the events of an item say which one it is, so that it is taken by its place. */
function isPlaced(item: unknown): boolean {
  return isCall(item) || isSearch(item) || isPicture(item)
}

function writeDelta(reply: Reply, kind: TextKind, delta: unknown): Reading {
  const { texts, brought } = reply
  reply.hasItem = true
  brought[kind] = true
  texts.write(kind, delta)
  return 'progress'
}

/** Takes the end of a block. Some servers send a block without deltas. */
function writeDone(reply: Reply, kind: TextKind, text: unknown): Reading {
  const { texts, brought } = reply
  reply.hasItem = true
  if (!brought[kind]) texts.write(kind, text)
  brought[kind] = false
  return 'progress'
}

/** Takes a whole response, with the same effect as all its events. */
function takeStored(reply: Reply, response: StoredResponse): 'complete' | Failure {
  takeOutput(reply, response)
  reply.texts.end()
  return endOf(reply, response.status, response)
}

function conclude(reply: Reply, status: string, value: unknown): 'complete' | Failure {
  const response = fieldsOf<StoredResponse>(value)
  reply.texts.end()
  writeMissing(reply, response)
  return endOf(reply, status, response)
}
