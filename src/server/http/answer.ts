import type { RunEnd } from '../../protocol/events.ts'
import type { HeaderFields } from '../access/requestFacts.ts'
import type { Reader, Subscription } from '../log/followLog.ts'
import { contentDisposition } from './contentDisposition.ts'

/** The result of a handler. The adapter decides how it travels. */
export type Answer = WholeAnswer | StreamAnswer
export type WholeAnswer = JsonAnswer | ContentAnswer | EmptyAnswer

export interface JsonAnswer {
  type: 'json'
  /** Absent: 200. */
  status?: number
  headers?: HeaderFields
  body: object
}

/** Text or bytes of some media type. */
export interface ContentAnswer {
  type: 'content'
  /** Absent: 200. */
  status?: number
  headers?: HeaderFields
  mediaType: string
  content: string | AsyncIterable<string | Uint8Array>
  /** The name under which the client saves it, not cleaned yet. If absent, the client shows it. */
  saveAs?: string
}

export interface EmptyAnswer {
  type: 'empty'
  headers?: HeaderFields
  /** Tells the client to forget what proves who asks. */
  forgetsCaller?: boolean
}

/** Server-sent events. */
export interface StreamAnswer {
  type: 'stream'
  headers?: HeaderFields
  /** If absent, comments keep a silent connection open. */
  heartbeats?: false
  /**
   * Writes to `stream`, or subscribes it to a source that does. Resolves once everything that exists by then is
   * written. An error thrown before the first write is answered as an error. A later one cuts the stream.
   */
  follow(stream: ResponseStream): Promise<void>
}

/** A response of server-sent events. It begins with the first `write` or `hold`. */
export interface ResponseStream extends Reader {
  /** Whether the client has left or has everything. */
  readonly isClosed: boolean
  /** Begins the response. When the client leaves, the response ends `subscription`. */
  hold(subscription: Subscription | undefined): void
  /** Writes the last frame of a run, with its message in the language of the caller. */
  writeEnd(seq: number, end: RunEnd): void
  /** Ends the response once everything is sent. Nothing more is written to it. */
  finish(): void
}

export function json(body: object, { status = 200 }: { status?: number } = {}): JsonAnswer {
  return { type: 'json', status, body }
}

/** Answers differ by owner and not by address, so a proxy that stored one would show one person's data to another. */
export function headersOf(answer: WholeAnswer): HeaderFields {
  const headers: Record<string, string> = { 'cache-control': 'no-store' }
  if (answer.type === 'empty') return { ...headers, ...answer.headers }
  if (answer.type === 'content') {
    headers['content-type'] = answer.mediaType
    if (answer.saveAs !== undefined) headers['content-disposition'] = contentDisposition(answer.saveAs)
  }
  return { ...headers, ...answer.headers }
}
