/*
 * What the client needs of a JavaScript runtime besides the language: browsers, Node and workers all have it.
 * `tsconfig.client.json` compiles the client with these types instead of the DOM's. Every other tsconfig leaves this file
 * out, and compiles the same code with the DOM's types, so the two cannot drift apart.
 */

interface AbortSignal {
  readonly aborted: boolean
}

declare class AbortController {
  readonly signal: AbortSignal
  abort(): void
}

interface Headers extends Iterable<[string, string]> {
  get(name: string): string | null
}

interface ByteReader {
  read(): Promise<{ done: false; value: Uint8Array } | { done: true; value?: undefined }>
  cancel(): Promise<void>
}

interface Blob {
  readonly size: number
}

interface Response {
  readonly ok: boolean
  readonly status: number
  readonly headers: Headers
  readonly body: { getReader(): ByteReader } | null
  json(): Promise<unknown>
  blob(): Promise<Blob>
}

declare const Response: {
  new (body: string, init: { status: number }): Response
}

interface RequestInit {
  method?: string
  body?: string | ArrayBuffer
  headers?: Record<string, string>
  cache?: 'no-store'
  credentials?: 'same-origin' | 'omit'
  signal?: AbortSignal
}

declare class TextEncoder {
  encode(text: string): Uint8Array
}

declare class TextDecoder {
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string
}

declare function structuredClone<Value>(value: Value): Value
declare function queueMicrotask(callback: () => void): void
declare function atob(data: string): string
