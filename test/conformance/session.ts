import type { IncomingHttpHeaders } from 'node:http'
import type { RunStart } from '../../src/protocol/events.ts'
import type { ConversationResponse } from '../../src/protocol/responses.ts'
import { Client, type Frame, type Stream } from './client.ts'
import { isText } from './fold.ts'

/** A question whose answer takes the built-in guide a second or more. */
const QUESTION = 'Como instalo, configuro e conecto um modelo?'
/** A question that gets the longest sections of the built-in guide. */
const LONG_QUESTION =
  'O que significam os códigos de erro? Como conecto o Ollama ou outro servidor compatível? Quais são as configurações?'

/** A reply that a client followed from its first event to its end. */
export interface Reply {
  /** Its owner. */
  client: Client
  headers: IncomingHttpHeaders
  start: RunStart
  frames: Frame[]
  raw: string
  /** Whether the response ended as HTTP requires, and was not cut. */
  endedWell: boolean
  /** Its conversation, as stored. */
  stored: ConversationResponse
}

/** An active reply. Disposing of it stops it. */
export interface LiveReply extends AsyncDisposable {
  client: Client
  stream: Stream
  start: RunStart
}

/** What the cases share: the server, and replies that they only read. */
export interface Session extends Disposable {
  readonly url: string
  readonly question: string
  /** The longest wait for a heartbeat, in milliseconds. */
  readonly heartbeatWithin: number
  /** A client without a cookie. */
  client(): Client
  /** A client with a cookie whose owner has no data. */
  owner(): Promise<Client>
  /** A finished reply. All cases get the same one. */
  finished(): Promise<Reply>
  /** A finished reply to a question that asks for a long one. All cases get the same one. */
  finishedLong(): Promise<Reply>
  /** An active reply of `client`, or of a new owner. Its first text has already come. */
  live(options?: { client?: Client; body?: object }): Promise<LiveReply>
}

/** The operations of the cases on the server at `url`. Disposing of the session cuts every connection. */
export function createSession(url: string, { heartbeatWithin = 20_000 } = {}): Session {
  const connections = new AbortController()
  const client = () => new Client(url, connections.signal)

  async function owner(): Promise<Client> {
    const created = client()
    await created.get('/api/chat/conversations')
    return created
  }

  async function reply(content: string): Promise<Reply> {
    const writer = await owner()
    const stream = await writer.send({ content })
    await stream.end()
    const { start, frames, raw, headers } = stream
    const stored = await readConversation(writer, start.conversationId)
    return { client: writer, headers, start, frames, raw, endedWell: await stream.closed, stored }
  }

  return {
    url,
    question: QUESTION,
    heartbeatWithin,
    client,
    owner,
    finished: once(() => reply(QUESTION)),
    finishedLong: once(() => reply(LONG_QUESTION)),
    async live({ client: given, body } = {}) {
      const writer = given ?? (await owner())
      const stream = await writer.send({ content: QUESTION, ...body })
      const { start } = stream
      await stream.until(isText)
      return {
        client: writer,
        stream,
        start,
        async [Symbol.asyncDispose]() {
          await stream.cut()
          await writer.post(`/api/chat/runs/${start.runId}/stop`)
        },
      }
    },
    [Symbol.dispose]: () => connections.abort(),
  }
}

export async function readConversation(client: Client, id: string): Promise<ConversationResponse> {
  const answer = await client.get(`/api/chat/conversations/${id}`)
  if (answer.status !== 200) throw new Error(`the conversation answers ${answer.status}: ${answer.text}`)
  return answer.json<ConversationResponse>()
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make()
    return made
  }
}
