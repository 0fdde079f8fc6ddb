import type { Dialect } from '../harness/dialects.ts'
import type { HttpRequest } from '../harness/http.ts'
import type { Reply } from '../harness/reply.ts'

/** A person who asks, with what their browser keeps between requests. */
export interface Person {
  name: string
  cookie?: string
}

export interface StartOptions {
  /** The base URL of the fake OpenAI. */
  upstream: string
  /** A folder on a disk, for this relay alone. */
  folder: string
  /** The file for its output. */
  log: string
}

export interface Relay {
  port: number
  /** Where replies are read, if that is another port. */
  otherPort?: number
  /** Every process that it needs to relay, including a database server that is not in `databasePids`. */
  pids(): number[]
  /** The processes of a database server whose CPU is told apart. */
  databasePids?(): number[]
  /** Milliseconds from its start until it answered. */
  coldStart: number
  stop(): Promise<void>
}

/** A relay between the fake OpenAI and its readers. */
export interface Peer {
  name: string
  title: string
  dialect: Dialect
  /** Why it cannot be measured on this machine. `undefined` if it can. */
  missing?(): string | undefined
  start(options: StartOptions): Promise<Relay>
  /** The scenarios that it is measured in. Absent: all that suit it. */
  scenarios?: readonly string[]
  /** Begins the reply that `text` orders, and makes the request that reads it, if that is another one than `send`. */
  begin?(relay: Relay, text: string, person: Person): Promise<HttpRequest>
  /** Makes the request for the reply that `text` orders. */
  send(port: number, text: string, person: Person): HttpRequest
  /** Stores what a browser would store of a response. */
  remember?(reply: Reply, person: Person): void
  /** How a cut reply is resumed. */
  resume?: {
    /** Whether it replays the reply from the first token. */
    replays: boolean
    request(port: number, reply: Reply, person: Person): HttpRequest
  }
  /** The request that stops a reply. If absent, closing the connection is the only way. */
  stop?(port: number, reply: Reply, person: Person): HttpRequest
}
