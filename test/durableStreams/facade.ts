import { LoggedStream, type Parts } from './loggedStreams.ts'
import { controlEvent, cursorAfter, dataEvent, offsetOf } from './sse.ts'
import type { Appended } from './streamFrames.ts'

const MAX_BODY = 2_000_000
/** How long a long poll waits, in milliseconds. */
const LONG_POLL = 500
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  // A test must leave no connection open.
  connection: 'close',
}

interface Named {
  stream: LoggedStream
  contentType: string
  lastStreamSeq: string | undefined
}

/** Refuses a request. */
class Refusal extends Error {
  readonly response: Response

  constructor(status: number, headers: Record<string, string> = {}) {
    super(String(status))
    this.response = new Response(null, { status, headers: { ...HEADERS, ...headers } })
  }
}

/**
 * Answers the Durable Streams protocol for tests. Names, content types and headers are its own. The bytes, their order,
 * their offsets, the end and the readers are those of Riacho's log, commit window and store. `hangUp` ends every answer
 * that is still being streamed.
 */
export function createFacade(parts: Parts) {
  const streams = new Map<string, Named>()
  const streaming = new Set<() => void>()

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (request.method === 'PUT') return create(request, pathname)
    if (request.method === 'OPTIONS')
      return reply(204, { 'access-control-allow-headers': 'if-none-match, content-type' })
    const named = streams.get(pathname)
    if (!named) throw new Refusal(404)
    switch (request.method) {
      case 'POST':
        return append(request, named)
      case 'HEAD':
        return reply(200, { 'content-type': named.contentType, ...stateOf(named) })
      case 'DELETE':
        streams.delete(pathname)
        await named.stream.delete()
        return reply(204)
      default:
        return read(request, named, streaming)
    }
  }

  async function create(request: Request, pathname: string): Promise<Response> {
    const contentType = request.headers.get('content-type') || 'application/octet-stream'
    const closes = request.headers.get('stream-closed') === 'true'
    const known = streams.get(pathname)
    if (known) {
      const isSame = sameType(known.contentType, contentType) && known.stream.isClosed === closes
      return reply(isSame ? 200 : 409, { 'content-type': known.contentType, ...stateOf(known) })
    }
    const body = await bodyOf(request)
    const content = body.length > 0 ? contentOf(body, contentType, { isFirst: true }) : undefined
    const stream = await LoggedStream.create(parts)
    const named: Named = { stream, contentType, lastStreamSeq: undefined }
    if (content !== undefined || closes) await stream.append(content, { closes, check: () => {} })
    streams.set(pathname, named)
    return reply(201, { 'content-type': contentType, location: request.url, ...stateOf(named) })
  }

  return {
    answer: (request: Request) =>
      answer(request).catch((error: unknown) => {
        if (error instanceof Refusal) return error.response
        throw error
      }),
    hangUp() {
      for (const end of streaming) end()
    },
  }
}

async function append(request: Request, named: Named): Promise<Response> {
  const { stream, contentType } = named
  const closes = request.headers.get('stream-closed') === 'true'
  const body = await bodyOf(request)
  const streamSeq = request.headers.get('stream-seq')
  if (body.length === 0) {
    if (!closes) throw new Refusal(400)
    if (!stream.isClosed) await stream.append(undefined, { closes, check: () => {} })
    return reply(204, stateOf(named))
  }
  const given = request.headers.get('content-type')
  if (!given) throw new Refusal(400)
  const check = () => {
    if (stream.isClosed) throw new Refusal(409, stateOf(named))
    if (streamSeq === null) return
    if (named.lastStreamSeq !== undefined && streamSeq <= named.lastStreamSeq) throw new Refusal(409)
    named.lastStreamSeq = streamSeq
  }
  if (!sameType(given, contentType)) throw new Refusal(409)
  await stream.append(contentOf(body, contentType, { isFirst: false }), { closes, check })
  return reply(204, stateOf(named))
}

async function read(request: Request, named: Named, streaming: Set<() => void>): Promise<Response> {
  const { searchParams } = new URL(request.url)
  const [offset, ...more] = searchParams.getAll('offset')
  const live = searchParams.get('live')
  if (more.length > 0 || (live && offset === undefined)) throw new Refusal(400)
  if (offset !== undefined && !/^(-1|now|\d{1,16})$/.test(offset)) throw new Refusal(400)
  const { stream } = named
  const after = offset === 'now' ? stream.tail : Math.max(1, Number(offset ?? 1))
  const cursor = cursorAfter(searchParams.get('cursor'))
  if (live === 'sse') return follow(named, { after, cursor, streaming })
  const batch = await collect(named, { after, waits: live === 'long-poll', signal: request.signal })
  const next = offsetOf(batch.at(-1)?.seq ?? after)
  const closed = stream.isClosed && next === offsetOf(stream.tail)
  const headers = {
    'content-type': named.contentType,
    'stream-next-offset': next,
    'stream-up-to-date': 'true',
    ...(closed && { 'stream-closed': 'true' }),
    ...(live && { 'stream-cursor': cursor }),
  }
  if (live && batch.length === 0) return reply(204, headers)
  const etag = `"${offsetOf(after)}:${next}${closed ? ':closed' : ''}"`
  if (request.headers.get('if-none-match') === etag) return reply(304, { etag })
  return reply(200, { ...headers, etag }, bytesOf(batch, named.contentType))
}

/** Everything after an event. If there is nothing, waits for the next batch or for the end. */
async function collect(
  { stream }: Named,
  { after, waits, signal }: { after: number; waits: boolean; signal: AbortSignal },
): Promise<Appended[]> {
  const batch: Appended[] = []
  const { promise: something, resolve } = Promise.withResolvers<void>()
  const stop = await stream.follow(after, {
    appended(more) {
      batch.push(...more)
      if (more.length > 0) resolve()
    },
    closed: resolve,
  })
  if (waits && batch.length === 0) {
    const timer = setTimeout(resolve, LONG_POLL)
    signal.addEventListener('abort', () => resolve())
    await something
    clearTimeout(timer)
  }
  stop()
  return batch
}

function follow(
  { stream, contentType }: Named,
  { after, cursor, streaming }: { after: number; cursor: string; streaming: Set<() => void> },
): Response {
  const isBinary = !/^(text\/|application\/json)/i.test(contentType)
  let end = () => {}
  const body = new ReadableStream<string>({
    async start(controller) {
      let seq = after
      let stop = () => {}
      let isCaughtUp = false
      end = () => {
        if (!streaming.delete(end)) return
        stop()
        controller.close()
      }
      streaming.add(end)
      const write = (text: string) => {
        isCaughtUp = true
        controller.enqueue(text)
      }
      const control = () =>
        controlEvent({ streamNextOffset: offsetOf(seq), streamCursor: cursor, upToDate: true })
      stop = await stream.follow(after, {
        appended(batch) {
          if (batch.length === 0) return
          seq = batch.at(-1)?.seq ?? seq
          const text = bytesOf(batch, contentType).toString(isBinary ? 'base64' : 'utf8')
          write(dataEvent(text) + control())
        },
        closed() {
          write(controlEvent({ streamNextOffset: offsetOf(seq), upToDate: true, streamClosed: true }))
          end()
        },
      })
      if (!isCaughtUp) write(control())
    },
    cancel: () => end(),
  })
  const headers = {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    ...(isBinary && { 'stream-sse-data-encoding': 'base64' }),
  }
  return reply(200, headers, body.pipeThrough(new TextEncoderStream()))
}

function stateOf({ stream }: Named): Record<string, string> {
  return {
    'stream-next-offset': offsetOf(stream.tail),
    ...(stream.isClosed && { 'stream-closed': 'true' }),
  }
}

function reply(
  status: number,
  headers: Record<string, string> = {},
  body: Buffer<ArrayBuffer> | ReadableStream | null = null,
): Response {
  return new Response(body, { status, headers: { ...HEADERS, ...headers } })
}

async function bodyOf(request: Request): Promise<Buffer> {
  const body = Buffer.from(await request.arrayBuffer())
  if (body.length > MAX_BODY) throw new Refusal(413)
  return body
}

const mediaType = (type: string) => type.split(';')[0]?.trim().toLowerCase()
const sameType = (one: string, other: string) => mediaType(one) === mediaType(other)
const isJson = (type: string) => mediaType(type) === 'application/json'

/** The text of the event that stores a body. Of a JSON array, each item is a message. */
function contentOf(body: Buffer, contentType: string, { isFirst }: { isFirst: boolean }): string | undefined {
  if (!isJson(contentType)) return body.toString('base64')
  const messages = messagesIn(body.toString())
  if (messages.length === 0 && !isFirst) throw new Refusal(400)
  return messages.length > 0 ? messages.map(message => JSON.stringify(message)).join(',') : undefined
}

function messagesIn(json: string): unknown[] {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : [value]
  } catch {
    throw new Refusal(400)
  }
}

function bytesOf(batch: readonly Appended[], contentType: string): Buffer<ArrayBuffer> {
  if (isJson(contentType)) return Buffer.from(`[${batch.map(({ content }) => content).join(',')}]`)
  return Buffer.concat(batch.map(({ content }) => Buffer.from(content, 'base64')))
}
