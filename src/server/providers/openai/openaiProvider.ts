import { type Clock, systemClock } from '../../clock.ts'
import {
  isShown,
  type Provider,
  type ProviderChunk,
  type ProviderRequest,
  type ResumableReply,
  type TitleRequest,
} from '../../generation/provider.ts'
import { type Background, createBackground } from './background.ts'
import { createBackgroundApi } from './backgroundApi.ts'
import { createChatReader } from './chatReader.ts'
import { decodePosition } from './checkpoint.ts'
import { type ChunkQueue, createChunkQueue } from './chunkQueue.ts'
import { runConnection, type Timeouts } from './connection.ts'
import { hasDocumentFiles, isAboutFiles, NO_FILES, readDocumentFiles, toldOf } from './documentFiles.ts'
import { errorOf, truncated } from './failure.ts'
import { hasImages, isAboutImages, NO_IMAGES, readImages } from './images.ts'
import { createOpenaiServer, type OpenaiServer, type OpenaiServerOptions } from './openaiServer.ts'
import type { Push } from './replyReader.ts'
import {
  type Api,
  bodyOf,
  hasTools,
  isAboutModalities,
  isMissingEndpoint,
  MODALITIES,
  PATHS,
  refusedField,
  suspectedEffort,
} from './requestBodies.ts'
import { createResponsesReader } from './responsesReader.ts'
import { MAX_TITLE_TOKENS, titleQuestion, titleTimeouts } from './titleRequest.ts'

export interface OpenaiOptions extends OpenaiServerOptions {
  /** `auto` asks the Responses API, and changes to Chat Completions when the server says it has no such endpoint. */
  api: Api | 'auto'
  /**
   * The provider keeps each reply and writes it without a connection. `auto` then means `responses`. Not with `chat`.
   */
  background?: boolean
  maxOutputTokens?: number
  clock?: Clock
}

/**
 * Writes replies with OpenAI, or with any server that speaks one of its two protocols. The provider keeps nothing,
 * except in the background. A request is sent again only when the server refused its endpoint, or a field that the
 * request can do without.
 */
export function createOpenaiProvider(options: OpenaiOptions): Provider {
  const { apiKey, timeouts, maxOutputTokens, clock = systemClock } = options
  const server = createOpenaiServer(options)
  const background = options.background
    ? createBackground({
        api: createBackgroundApi({ ...server, timeouts, clock }),
        clock,
        total: timeouts.total,
      })
    : undefined
  const upstream: Upstream = { server, apiKey, choice: createApiChoice(options), clock }
  const replies: Purpose = { timeouts, maxOutputTokens, background, refusals: noRefusals() }
  const titles: Purpose = {
    isTitle: true,
    timeouts: titleTimeouts(timeouts),
    maxOutputTokens: Math.min(maxOutputTokens ?? MAX_TITLE_TOKENS, MAX_TITLE_TOKENS),
    refusals: noRefusals(),
  }

  async function resume(
    background: Background,
    reply: ResumableReply,
    { signal, push }: Sink,
  ): Promise<void> {
    const { checkpoint, parts } = reply
    const position = decodePosition(checkpoint)
    const sink = watched(push)
    const failure = position
      ? await background.read({ from: { position, parts }, signal, push: sink.push })
      : { ...truncated(), message: 'not a checkpoint of this provider' }
    if (failure)
      throw errorOf(failure, sink.written || parts.length > 0, {
        apiKey,
        address: server.addressOf(PATHS.responses),
      })
  }

  return {
    name: 'openai',
    generate: (request, signal) => queued(signal, sink => write(upstream, replies, request, sink)),
    async *title(request: TitleRequest, signal: AbortSignal) {
      const chunks = queued(signal, sink => write(upstream, titles, titleQuestion(request), sink))
      for await (const chunk of chunks) if (chunk.type === 'text-delta') yield chunk.content
    },
    ...(background && {
      resume: (reply, signal) => queued(signal, sink => resume(background, reply, sink)),
      requestDeletion(checkpoint) {
        const position = decodePosition(checkpoint)
        if (position) background.requestDeletion(position.id)
      },
    }),
    async close() {
      await background?.close()
      if (!options.dispatcher) await server.dispatcher.destroy()
    },
  }
}

interface Upstream {
  server: OpenaiServer
  apiKey: string | undefined
  choice: ApiChoice
  clock: Clock
}

/** How replies are asked for, or titles. */
interface Purpose {
  isTitle?: boolean
  timeouts: Timeouts
  maxOutputTokens: number | undefined
  background?: Background | undefined
  /** Fields that the server has refused, by API and model. */
  refusals: Record<Api, Map<string, Set<string>>>
}

function noRefusals(): Purpose['refusals'] {
  return { responses: new Map(), chat: new Map() }
}

/** Which API the server is asked by. */
interface ApiChoice {
  readonly current: Api
  /** The server has no endpoint for `api`. Returns whether to ask again now, by the other API. */
  leave(api: Api): boolean
}

/**
 * States: `responses`, `chat`. A missing endpoint leads from one to the other with `auto`, but not in the background.
 */
function createApiChoice(options: Pick<OpenaiOptions, 'api' | 'background'>): ApiChoice {
  let current: Api = options.api === 'chat' ? 'chat' : 'responses'
  return {
    get current() {
      return current
    },
    leave(api) {
      if (options.api !== 'auto' || options.background) return false
      current = api === 'responses' ? 'chat' : 'responses'
      // If chat is missing too, the next request begins with responses. This request fails.
      // Otherwise it would alternate for ever.
      return current === 'chat'
    },
  }
}

/** What stands among refused fields for the pictures of messages, and for their documents as files. */
const IMAGES = 'images'
const FILES = 'files'

async function write(
  { server, apiKey, choice, clock }: Upstream,
  purpose: Purpose,
  request: ProviderRequest,
  { signal, push }: Sink,
): Promise<void> {
  const sink = watched(push)
  const { isTitle, maxOutputTokens, timeouts } = purpose
  // A reply that goes on in another process would need its tools there. Pictures would come again with each poll.
  const isResumable = !request.keepsNothing && !request.tools?.length && !request.pictures
  const background = isResumable ? purpose.background : undefined
  const images = hasImages(request) ? await readImages(request) : NO_IMAGES
  const read = hasDocumentFiles(request) ? await readDocumentFiles(request) : NO_FILES
  for (;;) {
    const api = choice.current
    const refused = purpose.refusals[api].get(request.model) ?? new Set()
    purpose.refusals[api].set(request.model, refused)
    const keptOf = `${server.addressOf(PATHS[api])} ${request.model}`
    const files = refused.has(FILES) ? NO_FILES : read
    if (!isTitle) tellDocuments(sink.push, request, { files, canSearch: hasTools(request, refused) })
    const body = bodyOf(api, request, {
      maxOutputTokens,
      refused,
      background: !!background,
      withoutSummary: isTitle,
      keptOf,
      ...(!refused.has(IMAGES) && { images }),
      files,
    })
    const give = request.tools?.length ? markKept(sink.push, keptOf) : sink.push
    const asked = { body: JSON.stringify(body), push: give, signal }
    const failure = await (background
      ? background.read({ from: asked, ...asked })
      : ask(server, api, { ...asked, timeouts, clock, hasPictures: request.pictures === true }))
    if (!failure) return
    if (isAboutModalities(body, failure)) {
      refused.add(MODALITIES)
      continue
    }
    if (images.size > 0 && !refused.has(IMAGES) && isAboutImages(failure)) {
      refused.add(IMAGES)
      continue
    }
    if (files.size > 0 && failure.code !== 'CONTEXT_TOO_LONG' && isAboutFiles(failure)) {
      refused.add(FILES)
      continue
    }
    if (isMissingEndpoint(failure) && choice.leave(api)) continue
    const field =
      refusedField(api, body, failure) ?? (isTitle ? suspectedEffort(api, body, failure) : undefined)
    if (!field) throw errorOf(failure, sink.written, { apiKey, address: server.addressOf(PATHS[api]) })
    refused.add(field)
  }
}

/** Tells how the model gets documents, if it is otherwise than their parts say. */
function tellDocuments(push: Push, request: ProviderRequest, how: Parameters<typeof toldOf>[1]): void {
  const documents = toldOf(request, how)
  if (documents.length > 0) push({ type: 'told', documents })
}

/** Says of what the provider wants back whose it is, because another one refuses it. */
function markKept(push: Push, of: string): Push {
  return chunk => push(chunk.type === 'kept' ? { type: 'kept', item: { ...chunk.item, of } } : chunk)
}

interface Asked extends Sink {
  body: string
  timeouts: Timeouts
  clock: Clock
  hasPictures: boolean
}

function ask(
  { dispatcher, origin, pathOf, headers }: OpenaiServer,
  api: Api,
  { body, push, signal, timeouts, clock, hasPictures }: Asked,
) {
  return runConnection({
    dispatcher,
    origin,
    path: pathOf(PATHS[api]),
    headers,
    body,
    timeouts,
    clock,
    hasPictures,
    reader: api === 'responses' ? createResponsesReader(push) : createChatReader(push),
    signal,
  })
}

/** Where a reply goes, and the signal that ends it. */
interface Sink {
  push: Push
  signal: AbortSignal
}

/**
 * The chunks that `work` pushes. They end, and the signal of `work` aborts, when `signal` aborts or the consumer
 * leaves.
 */
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
      written ||= isShown(chunk)
      push(chunk)
    },
    get written(): boolean {
      return written
    },
  }
}
