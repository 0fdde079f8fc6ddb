import type { RunEnd } from '../../protocol/events.ts'
import type { HeaderFields } from '../access/requestFacts.ts'
import type { Reader, Subscription } from '../log/subscribe.ts'
import { contentDisposition } from './contentDisposition.ts'

/** What a handler gives. How it travels is up to the adapter. */
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
  /** The name under which the client saves it, not cleaned yet. Absent: the client shows it. */
  saveAs?: string
}

export interface EmptyAnswer {
  type: 'empty'
  /** The client is told to forget by what it proved who asks. */
  forgetsCaller?: boolean
}

/** Server-sent events. */
export interface StreamAnswer {
  type: 'stream'
  headers?: HeaderFields
  /** Absent: comments keep a silent connection open. */
  heartbeats?: false
  /**
   * Writes to `stream`, or has somebody write to it. Resolves once everything that is there by now is written. What it
   * throws before it writes is answered as an error; after that it cuts the stream.
   */
  follow(stream: ResponseStream): Promise<void>
}

/** A response of server-sent events. It begins with what is first written to it, or held. */
export interface ResponseStream extends Reader {
  /** The client has left, or has everything. */
  readonly isClosed: boolean
  /** Begins the response, and leaves `subscription` when the client goes. */
  hold(subscription: Subscription | undefined): void
  /** The last frame of a run, in the caller's language. */
  writeEnd(seq: number, end: RunEnd): void
  /** Nothing more will be written. */
  finish(): void
}

export function json(body: object, { status = 200 }: { status?: number } = {}): JsonAnswer {
  return { type: 'json', status, body }
}

/** Answers differ by owner and not by address: a proxy that keeps one would show one person's data to another. */
export function headersOf(answer: WholeAnswer): HeaderFields {
  const headers: Record<string, string> = { 'cache-control': 'no-store' }
  if (answer.type === 'empty') return headers
  if (answer.type === 'content') {
    headers['content-type'] = answer.mediaType
    if (answer.saveAs !== undefined) headers['content-disposition'] = contentDisposition(answer.saveAs)
  }
  return { ...headers, ...answer.headers }
}
