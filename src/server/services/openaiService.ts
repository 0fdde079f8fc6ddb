import { Agent, type Dispatcher } from 'undici'
import type { Provider, ProviderChunk, ProviderRequest } from '../generation/provider.ts'
import { createChatReader } from './openai/chatReader.ts'
import { createChunkQueue } from './openai/chunkQueue.ts'
import { exchange, type Timeouts } from './openai/exchange.ts'
import { errorOf } from './openai/failure.ts'
import { type Api, bodyOf, isMissingEndpoint, PATHS, refusedField } from './openai/requests.ts'
import { createResponsesReader } from './openai/responsesReader.ts'

export interface OpenaiOptions {
  /** With the version, as `https://api.openai.com/v1`; a query is kept. */
  baseUrl: string
  apiKey?: string
  /** `auto` asks the Responses API, and Chat Completions from the first time the server says it has no such endpoint. */
  api: Api | 'auto'
  timeouts: Timeouts
  maxOutputTokens?: number
  /** In place of the service's own connections. */
  dispatcher?: Dispatcher
}

/**
 * Writes replies with OpenAI, or with any server that speaks one of its two protocols. Keeps no state at the provider
 * and asks once: only a refusal of the endpoint, or of a field the request can do without, is asked again another way.
 */
export function createOpenaiService(options: OpenaiOptions): Provider {
  const { apiKey, timeouts, maxOutputTokens } = options
  const base = new URL(options.baseUrl)
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
  }
  // HTTP/1.1 alone: one reply a socket, so that closing it stops one reply and a reset cuts one.
  const dispatcher =
    options.dispatcher ?? new Agent({ connect: { timeout: timeouts.connect }, allowH2: false })
  let known: Api = options.api === 'chat' ? 'chat' : 'responses'
  const refusals: Record<Api, Map<string, Set<string>>> = { responses: new Map(), chat: new Map() }

  async function write(request: ProviderRequest, signal: AbortSignal, push: (chunk: ProviderChunk) => void) {
    let written = false
    const pushReply = (chunk: ProviderChunk) => {
      if (chunk.type !== 'usage') written = true
      push(chunk)
    }
    for (;;) {
      const api = known
      const refused = refusals[api].get(request.model) ?? new Set()
      refusals[api].set(request.model, refused)
      const body = bodyOf(api, request, { maxOutputTokens, refused })
      const failure = await exchange({
        dispatcher,
        origin: base.origin,
        path: base.pathname.replace(/\/$/, '') + PATHS[api] + base.search,
        headers,
        body: JSON.stringify(body),
        timeouts,
        reader: api === 'responses' ? createResponsesReader(pushReply) : createChatReader(pushReply),
        signal,
      })
      if (!failure) return
      const field = refusedField(api, body, failure)
      if (options.api === 'auto' && api === 'responses' && isMissingEndpoint(failure)) known = 'chat'
      else if (field) refused.add(field)
      else throw errorOf(failure, written, apiKey)
    }
  }

  return {
    name: 'openai',
    generate(request, signal) {
      const stop = new AbortController()
      const abort = () => stop.abort()
      const queue = createChunkQueue(abort)
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      write(request, stop.signal, queue.push)
        .finally(() => signal.removeEventListener('abort', abort))
        .then(queue.end, queue.fail)
      return queue
    },
  }
}
