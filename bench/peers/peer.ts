import type { Dialect } from '../harness/dialects.ts'
import type { HttpRequest } from '../harness/http.ts'
import type { Reply } from '../harness/reply.ts'

/** Somebody who asks: what their browser would keep between requests. */
export interface Person {
  name: string
  cookie?: string
}

export interface StartOptions {
  /** Base URL of the fake OpenAI. */
  upstream: string
  /** A folder of its own, on a disk. */
  folder: string
  /** Where it prints. */
  log: string
}

export interface Relay {
  port: number
  /** Every process that it needs to relay, a database server too. */
  pids(): number[]
  /** From its start until it answered, in milliseconds. */
  coldStart: number
  stop(): Promise<void>
}

/** Something that stands between the fake OpenAI and its readers. */
export interface Peer {
  name: string
  title: string
  dialect: Dialect
  /** Why it cannot be measured here; `undefined` when it can. */
  missing?(): string | undefined
  start(options: StartOptions): Promise<Relay>
  /** Asks for the reply that `text` orders. */
  send(port: number, text: string, person: Person): HttpRequest
  /** Keeps what a browser would keep of a response. */
  remember?(reply: Reply, person: Person): void
  /** Goes on with a reply that was cut. */
  resume?: {
    /** Whether it replays the reply from its first token. */
    replays: boolean
    request(port: number, reply: Reply, person: Person): HttpRequest
  }
  /** The request by which a person stops a reply; absent: closing the connection is all there is. */
  stop?(port: number, reply: Reply, person: Person): HttpRequest
}
