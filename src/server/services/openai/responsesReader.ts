import type {
  Response,
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseStreamEvent,
  ResponseUsage,
} from 'openai/resources/responses/responses'
import { type Failure, reportedFailure, truncated } from './failure.ts'
import {
  createSection,
  createSources,
  type Push,
  type Reading,
  type ReplyReader,
  type SectionState,
} from './reader.ts'

/** What comes besides the events of the package: keepalives, events newer than it, errors without a type. */
export type Event =
  | ResponseStreamEvent
  | { type: 'response.cancelled'; response: StoredResponse }
  | { type: 'keepalive' }
  | { type?: undefined; error?: unknown }

/** A response as the server keeps it; compatible servers leave things out. */
export type StoredResponse = Partial<
  Pick<Response, 'id' | 'status' | 'output' | 'usage' | 'error' | 'incomplete_details'>
>

export interface ResponsesReader extends ReplyReader {
  /** Takes an event that was parsed already. */
  take(event: Event): Reading
  /** Takes a whole response that has its last status, as its events would have been taken. */
  takeStored(response: StoredResponse): 'complete' | Failure
  readonly state: ResponsesState
}

/** Where a reader begins that begins in the middle of a reply. */
export interface ResponsesState {
  text: SectionState
  reasoning: SectionState
  /** URLs of the sources that were given; the reader adds to them. */
  sources: Set<string>
}

/** The event in the data of a frame, if any. Throws `SyntaxError`. */
export function eventIn(data: string): Event | undefined {
  return data === '' || data === '[DONE]' ? undefined : (JSON.parse(data) as Event)
}

/** Reads a stream of the Responses API, from its beginning or from where `state` was. */
export function createResponsesReader(push: Push, state?: ResponsesState): ResponsesReader {
  const text = createSection('text', push, state?.text)
