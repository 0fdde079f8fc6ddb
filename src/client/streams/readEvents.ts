import { createParser } from 'eventsource-parser'

/** The characters of one event, at most. A snapshot of a very long reply has a few million. */
const LARGEST_EVENT = 64 * 1024 * 1024

/** One server-sent event. */
export interface ServerEvent {
  /** Its `id:` field. */
  id: string | undefined
  /** Its `event:` field. */
  name: string | undefined
  data: string
}

/**
 * The events of a streamed response: for each network chunk those that it completes, none for a heartbeat. A chunk may end
 * anywhere, even within a character. Throws when the connection breaks, and for an event that is too large. A caller that
 * leaves the loop cancels the response.
 */
export async function* readEvents(response: Pick<Response, 'body'>): AsyncGenerator<ServerEvent[]> {
  const reader = response.body?.getReader()
  if (!reader) return
  const decoder = new TextDecoder()
  let events: ServerEvent[] = []
  const parser = createParser({
    maxBufferSize: LARGEST_EVENT,
    onEvent: ({ id, event: name, data }) => events.push({ id, name, data }),
  })
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      parser.feed(decoder.decode(chunk.value, { stream: true }))
      yield events
      events = []
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
