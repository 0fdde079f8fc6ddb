import { isEventType, type StreamEvent, type WaitEvent } from './events.ts'

/** The frames of this event carry no name, so that the output of `curl -N` reads like the reply. */
const UNNAMED = 'text-delta'

/** A comment line. It keeps proxies from closing a silent stream, and readers ignore it. */
export const HEARTBEAT = ': \n\n'

/** The JSON of an event, as it stands in `data:`. The type is the name of the frame and not part of the data. */
export function encodeData(event: StreamEvent): string {
  const { type: _, ...data } = event
  return JSON.stringify(data)
}

/** One SSE frame. `data` is JSON, which has no raw line break. */
export function encodeFrame(seq: number, type: StreamEvent['type'], data: string): string {
  return type === UNNAMED ? `id: ${seq}\ndata: ${data}\n\n` : `id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`
}

/** The frame of an event that is part of no log. */
export function encodeWait(event: WaitEvent): string {
  return `event: ${event.type}\ndata: ${encodeData(event)}\n\n`
}

/**
 * The event of a parsed frame. `name` is its `event:` field, if it has one, and `data` is its JSON. Returns `undefined`
 * for an unknown name, because a newer server may send events that this reader does not know. Throws `SyntaxError` if
 * `data` is not JSON.
 */
export function decodeFrame(name: string | undefined, data: string): StreamEvent | undefined {
  const type = name || UNNAMED
  if (name && !isEventType(name)) return undefined
  return { type, ...JSON.parse(data) } as StreamEvent
}

/**
 * The part of `frames` from `seq` on. JSON escapes line breaks, so a line that begins with `id:` is always the start of
 * a frame.
 */
export function framesFrom(frames: string, seq: number): string {
  if (frames.startsWith(`id: ${seq}\n`)) return frames
  const index = frames.indexOf(`\n\nid: ${seq}\n`)
  return index === -1 ? '' : frames.slice(index + 2)
}
