import { createParser } from 'eventsource-parser'
import { textOf } from '../../src/protocol/parts.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'

/** What was appended in one call, as text: base64, or the JSON of some messages. */
export interface Appended {
  seq: number
  content: string
}

/**
 * Reads what was appended out of the frames that readers of a run get. Each append is one event with one line, so the
 * text of a snapshot has one line for each event after `run-start`.
 */
export function appendedIn(frames: string, after: number): Appended[] {
  const found: Appended[] = []
  const parser = createParser({
    onEvent({ id, event: name, data }) {
      const event = decodeFrame(name, data)
      if (event?.type === 'text-delta') found.push({ seq: Number(id), content: event.content.trimEnd() })
      if (event?.type !== 'snapshot') return
      const lines = textOf(event.parts).split('\n').slice(0, -1)
      lines.forEach((content, index) => {
        if (index + 2 > after) found.push({ seq: index + 2, content })
      })
    },
  })
  parser.feed(frames)
  return found
}
