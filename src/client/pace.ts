import type { StreamEvent } from '../protocol/events.ts'

/*
 * Between the events of a run and the screen: text flows in at an even pace that follows the provider's speed.
 *
 * Every piece of text has a deadline, LAG after it arrived. A frame shows as much as keeps every deadline if the frames to
 * come show the same: the steepest of the lines from here to each of them. So a burst is spread over LAG, and a steady
 * stream comes out steady, LAG or less behind. Other events keep their place among the text.
 */

/** Milliseconds that text may be behind its arrival; with a frame on top, below the 200 that a reader could feel. */
const LAG = 180

export interface PacerOptions {
  /** Milliseconds, of any clock. */
  now(): number
  nextFrame(callback: () => void): void
  /** Where it is not, events are shown as they come. */
  isPaced(): boolean
  /** Gets every event once and in order, text in pieces; called at most once a frame while text flows. */
  show(events: StreamEvent[]): void
}

export interface Pacer {
  push(events: readonly StreamEvent[]): void
  /** Runs `work` once everything pushed before it is shown. */
  after(work: () => void): void
  /** Shows nothing more until the run's end has come, and then all of it. */
  freeze(): void
  /** Undoes `freeze`. */
  thaw(): void
  /** Shows everything that is not frozen now. */
  catchUp(): void
  /** Shows everything now. */
  flush(): void
  /** Shows nothing any more. */
  close(): void
}

type TextEvent = Extract<StreamEvent, { content: string }>
/** Where in a text each piece ends, and when it arrived. */
type Item =
  | { type: 'text'; event: TextEvent; marks: { end: number; at: number }[] }
  | { type: 'event'; event: StreamEvent }
  | { type: 'work'; work: () => void }

export function createPacer({ now, nextFrame, isPaced, show }: PacerOptions): Pacer {
  let queue: Item[] = []
  let credit = 0
  let lastFrame = 0
  let isFrozen = false
  let isFrameAsked = false
  let isClosed = false

  function frame() {
    isFrameAsked = false
    if (isClosed || isFrozen || queue.length === 0) return
    if (!isPaced()) return release(Number.POSITIVE_INFINITY, 0)
    const at = now()
    const elapsed = Math.max(0, at - lastFrame)
    lastFrame = at
    const { due, rate } = demandOf(queue, at, elapsed)
    credit += rate * elapsed
    const released = release(Math.max(due, credit), due)
    credit = Math.max(0, credit - released)
    advance()
  }

  /** Shows what needs no more waiting, and asks for the next frame where text is left. */
  function advance() {
    if (isFrozen || isClosed) return
    if (queue[0]?.type !== 'text') release(0, 0)
    if (queue.length === 0) credit = 0
    else if (!isFrameAsked) {
      isFrameAsked = true
      nextFrame(frame)
    }
  }

  /** Shows up to `units` of text, at least the first `due` of them, and what stands between. Gives how many it showed. */
  function release(units: number, due: number): number {
    const events: StreamEvent[] = []
    const works: (() => void)[] = []
    let released = 0
    for (let item = queue[0]; item; item = queue[0]) {
      if (item.type === 'text') {
        const { content } = item.event
        const size = cutOf(content, units - released, due - released)
        if (size > 0) events.push(withContent(item.event, content.slice(0, size)))
        released += size
        if (size < content.length) {
          queue[0] = restOf(item, size)
          break
        }
      } else if (item.type === 'event') events.push(item.event)
      else works.push(item.work)
      queue.shift()
    }
    if (events.length > 0) show(events)
    for (const work of works) work()
    return released
  }

  function add(event: StreamEvent) {
    const last = queue.at(-1)
    if (!isText(event)) {
      if (event.type === 'snapshot') queue = queue.filter(({ type }) => type === 'work')
      queue.push({ type: 'event', event })
      return
    }
    const joins = last?.type === 'text' && last.event.type === event.type
    const content = joins ? last.event.content + event.content : event.content
    const marks = [...(joins ? last.marks : []), { end: content.length, at: now() }]
    if (joins) queue.pop()
    queue.push({ type: 'text', event: withContent(event, content), marks })
  }

  const flush = () => {
    isFrozen = false
    release(Number.POSITIVE_INFINITY, 0)
  }

  return {
    push: events => {
      if (isClosed) return
      if (queue.length === 0) lastFrame = now()
      for (const event of events) add(event)
      const hasEnded = events.some(({ type }) => type === 'run-end')
      if ((isFrozen && hasEnded) || (!isFrozen && !isPaced())) flush()
      else advance()
    },
    after: work => {
      queue.push({ type: 'work', work })
      advance()
    },
    freeze: () => {
      isFrozen = true
    },
    thaw: () => {
      isFrozen = false
      advance()
    },
    catchUp: () => {
      if (!isFrozen) flush()
    },
    flush,
    close: () => {
      isClosed = true
      queue = []
    },
  }
}

/** How many units of text have to be shown in this frame, and how many a millisecond keep every deadline. */
function demandOf(queue: readonly Item[], now: number, elapsed: number): { due: number; rate: number } {
  let before = 0
  let due = 0
  let rate = 0
  for (const item of queue) {
    if (item.type !== 'text') continue
    for (const { end, at } of item.marks) {
      const left = at + LAG - now
      if (left <= elapsed) due = before + end
      else rate = Math.max(rate, (before + end) / left)
    }
    before += item.event.content.length
  }
  return { due, rate }
}

function isText(event: StreamEvent): event is TextEvent {
  return 'content' in event
}

function withContent(event: TextEvent, content: string): TextEvent {
  return { ...event, content }
}

function restOf(item: Item & { type: 'text' }, size: number): Item {
  const marks = item.marks.map(({ end, at }) => ({ end: end - size, at })).filter(({ end }) => end > 0)
  return { type: 'text', event: withContent(item.event, item.event.content.slice(size)), marks }
}

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter() : null

/** Whether this browser can tell where a character ends; one that cannot shows text as it comes. */
export const canPace = segmenter !== null

/** Where to cut: at most `units`, at least `due`, and never inside what a reader sees as one character. */
function cutOf(text: string, units: number, due: number): number {
  if (units >= text.length || !segmenter) return text.length
  const at = Math.max(0, Math.floor(units))
  const character = segmenter.segment(text).containing(at)
  if (!character || character.index === at) return at
  return character.index >= due ? character.index : character.index + character.segment.length
}
