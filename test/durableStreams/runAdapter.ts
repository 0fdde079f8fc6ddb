import { Readable } from 'node:stream'
import type { Frame, TestClient } from '../harness/client.ts'
import { controlEvent, cursorAfter, dataEvent, offsetOf } from './sse.ts'

/** Answers need this, because a test must leave no connection open. */
const HEADERS = { connection: 'close', 'cache-control': 'no-store' }

/**
 * Shows the runs of a server of Riacho as streams of the Durable Streams protocol, read-only: `/<runId>`. Offsets are
 * the numbers of events. The messages are the events as JSON. It uses nothing but the wire of PROTOCOL.md, as a proxy
 * of somebody else would.
 */
export function adaptRuns(client: TestClient): (request: Request) => Promise<Response> {
  return async request => {
    const { pathname, searchParams } = new URL(request.url)
    const runId = pathname.slice(1)
    const after = Math.max(0, Number(searchParams.get('offset') ?? 0))
    if (searchParams.get('live') === 'sse')
      return followed(client, { runId, after, cursor: searchParams.get('cursor') })
    return caughtUp(client, { runId, after })
  }
}

/** Asks for the last known event again, because the server then answers at once, also if nothing newer is there. */
async function caughtUp(client: TestClient, { runId, after }: { runId: string; after: number }) {
  await using stream = await client.follow(runId, Math.max(0, after - 1))
  if (stream.status !== 200) return new Response(null, { status: stream.status, headers: HEADERS })
  await stream.until(() => true)
  const frames = stream.frames.filter(({ seq }) => seq > after)
  const isClosed = stream.frames.some(({ event }) => event.type === 'run-end')
  return new Response(jsonOf(frames), {
    headers: {
      ...HEADERS,
      'content-type': 'application/json',
      'stream-next-offset': offsetOf(frames.at(-1)?.seq ?? after),
      'stream-up-to-date': 'true',
      ...(isClosed && { 'stream-closed': 'true' }),
    },
  })
}

async function followed(
  client: TestClient,
  { runId, after, cursor }: { runId: string; after: number; cursor: string | null },
): Promise<Response> {
  const stream = await client.follow(runId, after)
  async function* events() {
    for await (const frame of stream) {
      const isEnd = frame.event.type === 'run-end'
      const streamNextOffset = offsetOf(frame.seq)
      yield dataEvent(jsonOf([frame])) +
        controlEvent(
          isEnd
            ? { streamNextOffset, upToDate: true, streamClosed: true }
            : { streamNextOffset, streamCursor: cursorAfter(cursor), upToDate: true },
        )
    }
    if (stream.status === 204)
      yield controlEvent({ streamNextOffset: offsetOf(after), upToDate: true, streamClosed: true })
  }
  const body = Readable.toWeb(
    Readable.from(events()).map((text: string) => Buffer.from(text)),
  ) as ReadableStream
  return new Response(body, { headers: { ...HEADERS, 'content-type': 'text/event-stream' } })
}

function jsonOf(frames: readonly Frame[]): string {
  return JSON.stringify(frames.map(({ seq, event }) => ({ seq, ...event })))
}
