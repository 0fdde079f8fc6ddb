import { Agent, type Dispatcher } from 'undici'
import { type Clock, systemClock } from '../../clock.ts'
import {
  isSeen,
  type KeptReply,
  type Provider,
  type ProviderChunk,
  type ProviderRequest,
  type TitleRequest,
} from '../../generation/provider.ts'
import { type Background, createBackground } from './background.ts'
import { createBackgroundApi } from './backgroundApi.ts'
import { createChatReader } from './chatReader.ts'
import { decodePlace } from './checkpoint.ts'
import { type ChunkQueue, createChunkQueue } from './chunkQueue.ts'
import { runConnection, type Timeouts } from './connection.ts'
import { errorOf, truncated } from './failure.ts'
import type { Push } from './replyReader.ts'
import { type Api, bodyOf, isMissingEndpoint, PATHS, refusedField, suspectedEffort } from './requestBodies.ts'
import { createResponsesReader } from './responsesReader.ts'
import { MAX_TITLE_TOKENS, titleQuestion, titleTimeouts } from './titleRequest.ts'

export interface OpenaiOptions {
  /** With the version, as `https://api.openai.com/v1`; a query is kept. */
  baseUrl: string
  apiKey?: string
  /** `auto` asks the Responses API, and Chat Completions from the first time the server says it has no such endpoint. */
  api: Api | 'auto'
  /** The provider keeps each reply and writes on without a connection. Not with `chat`; `auto` then means `responses`. */
  background?: boolean
  timeouts: Timeouts
  maxOutputTokens?: number
  /** In place of the service's own connections. */
  dispatcher?: Dispatcher
  clock?: Clock
}

/**
 * Writes replies with OpenAI, or with any server that speaks one of its two protocols. Keeps no state at the provider
 * but in the background, and asks once: only a refusal of the endpoint, or of a field the request can do without, is
 * asked again another way.
 */
export function createOpenaiProvider(options: OpenaiOptions): Provider {
  const { apiKey, timeouts, maxOutputTokens, clock = systemClock } = options
  const base = new URL(options.baseUrl)
  const { origin } = base
  const pathOf = (endpoint: string, query = '') => {
    const search = [base.search.slice(1), query].filter(Boolean).join('&')
    return `${base.pathname.replace(/\/$/, '')}${endpoint}${search && `?${search}`}`
  }
  const headers = { accept: 'text/event-stream', ...(apiKey && { authorization: `Bearer ${apiKey}` }) }
  // HTTP/1.1 alone: one reply a socket, so that closing it stops one reply and a reset cuts one.
  const dispatcher =
    options.dispatcher ?? new Agent({ connect: { timeout: timeouts.connect }, allowH2: false })
  const background = options.background
    ? createBackground({
        api: createBackgroundApi({ dispatcher, origin, pathOf, headers, timeouts, clock }),
        clock,
        total: timeouts.total,
      })
    : undefined
  let known: Api = options.api === 'chat' ? 'chat' : 'responses'
  const replies: Manner = { timeouts, maxOutputTokens, background, refusals: noRefusals() }
  const titles: Manner = {
    isTitle: true,
    timeouts: titleTimeouts(timeouts),
    maxOutputTokens: Math.min(maxOutputTokens ?? MAX_TITLE_TOKENS, MAX_TITLE_TOKENS),
    refusals: noRefusals(),
  }

  async function write(manner: Manner, request: ProviderRequest, { signal, push }: Sink): Promise<void> {
    const sink = watched(push)
    const { background, isTitle, maxOutputTokens } = manner
    for (;;) {
      const api = known
      const refused = manner.refusals[api].get(request.model) ?? new Set()
      manner.refusals[api].set(request.model, refused)
      const body = bodyOf(api, request, {
        maxOutputTokens,
        refused,
        background: !!background,
        withoutSummary: isTitle,
      })
      const asked = { body: JSON.stringify(body), push: sink.push, signal, timeouts: manner.timeouts }
      const failure = await (background ? background.read({ from: asked, ...asked }) : ask(api, asked))
      if (!failure) return
      const field =
        refusedField(api, body, failure) ?? (isTitle ? suspectedEffort(api, body, failure) : undefined)
      if (options.api === 'auto' && !options.background && api === 'responses' && isMissingEndpoint(failure))
        known = 'chat'
      else if (options.api === 'auto' && api === 'chat' && isMissingEndpoint(failure)) {
        known = 'responses'
        throw errorOf(failure, sink.written, apiKey)
      } else if (field) refused.add(field)
      else throw errorOf(failure, sink.written, apiKey)
    }
  }

  function ask(api: Api, { body, push, signal, timeouts }: Asked) {
    return runConnection({
      dispatcher,
      origin,
      path: pathOf(PATHS[api]),
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      timeouts,
      reader: api === 'responses' ? createResponsesReader(push) : createChatReader(push),
      signal,
    })
  }

  async function resume(background: Background, reply: KeptReply, { signal, push }: Sink): Promise<void> {
    const { checkpoint, parts } = reply
    const place = decodePlace(checkpoint)
    const sink = watched(push)
    const failure = place
      ? await background.read({ from: { place, parts }, signal, push: sink.push })
      : { ...truncated(), message: 'not a checkpoint of this provider' }
    if (failure) throw errorOf(failure, sink.written || parts.length > 0, apiKey)
  }

  return {
    name: 'openai',
    generate: (request, signal) => queued(signal, sink => write(replies, request, sink)),
    async *title(request: TitleRequest, signal: AbortSignal) {
      const chunks = queued(signal, sink => write(titles, titleQuestion(request), sink))
      for await (const chunk of chunks) if (chunk.type === 'text') yield chunk.text
    },
    ...(background && {
      resume: (reply, signal) => queued(signal, sink => resume(background, reply, sink)),
      forget(checkpoint) {
        const place = decodePlace(checkpoint)
        if (place) background.forget(place.id)
      },
    }),
    async close() {
      await background?.close()
      if (!options.dispatcher) await dispatcher.destroy()
    },
  }
}

/** How replies are asked for, or titles. */
interface Manner {
  isTitle?: boolean
  timeouts: Timeouts
  maxOutputTokens: number | undefined
  background?: Background | undefined
  /** Fields that the server has refused, by API and model. */
  refusals: Record<Api, Map<string, Set<string>>>
}

interface Asked extends Sink {
  body: string
  timeouts: Timeouts
}

function noRefusals(): Manner['refusals'] {
  return { responses: new Map(), chat: new Map() }
}

/** Where a reply goes, and the signal that ends it. */
interface Sink {
  push: Push
  signal: AbortSignal
}

/** The chunks that `work` pushes. When `signal` aborts or the consumer leaves they end, and the signal of `work` aborts. */
function queued(signal: AbortSignal, work: (sink: Sink) => Promise<void>): ChunkQueue {
  const stop = new AbortController()
  const abort = () => {
    stop.abort(signal.reason)
    queue.end()
  }
  const queue = createChunkQueue(abort)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  work({ signal: stop.signal, push: queue.push })
    .finally(() => signal.removeEventListener('abort', abort))
    .then(queue.end, queue.fail)
  return queue
}

/** Tells whether anything that a person sees went through. */
function watched(push: Push) {
  let written = false
  return {
    push: (chunk: ProviderChunk) => {
      if (isSeen(chunk)) written = true
      push(chunk)
    },
    get written(): boolean {
      return written
    },
  }
}
