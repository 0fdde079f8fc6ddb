import { type DeltaEvent, isDelta, type StreamEvent } from '../../../protocol/events.ts'

/** A thing that waits to be shown. The marks of a text say where each piece of it ends, and when that piece arrived. */
type Item =
  | { type: 'text'; event: DeltaEvent; marks: { end: number; at: number }[] }
  | { type: 'event'; event: StreamEvent }
  | { type: 'work'; work: () => void }

/** The events and works taken out of the queue, in order. */
export interface Taken {
  events: StreamEvent[]
  works: (() => void)[]
  /** Units of text. */
  size: number
}

/** Holds everything that waits to be shown: events in their order, texts of one kind joined, and work to be done after them. */
export interface PaceQueue {
  isEmpty(): boolean
  /** Whether text is next. Anything else is not delayed. */
  isText(): boolean
  add(event: StreamEvent, at: number): void
  addWork(work: () => void): void
  /** Takes up to `units` of text, at least `due` of them, and the events between them. */
  take(units: number, due: number): Taken
  /**
   * `due`: units of text that must be shown now. `rate`: units per millisecond that meet every deadline. A deadline is
   * `lag` after the text came. `gap` milliseconds pass until the next draw.
   */
  demand(options: { now: number; gap: number; lag: number }): { due: number; rate: number }
  clear(): void
}

export function createPaceQueue(): PaceQueue {
  let items: Item[] = []
  return {
    isEmpty: () => items.length === 0,
    isText: () => items[0]?.type === 'text',
    add: (event, at) => {
      if (event.type === 'snapshot') items = items.filter(({ type }) => type === 'work')
      if (!isDelta(event)) items.push({ type: 'event', event })
      else addText(items, event, at)
    },
    addWork: work => items.push({ type: 'work', work }),
    take: (units, due) => take(items, units, due),
    demand: options => demandOf(items, options),
    clear: () => {
      items = []
    },
  }
}

function addText(items: Item[], event: DeltaEvent, at: number): void {
  const last = items.at(-1)
  const joins = last?.type === 'text' && last.event.type === event.type
  const content = joins ? last.event.content + event.content : event.content
  const marks = [...(joins ? last.marks : []), { end: content.length, at }]
  if (joins) items.pop()
  items.push({ type: 'text', event: { ...event, content }, marks })
}

function take(items: Item[], units: number, due: number): Taken {
  const taken: Taken = { events: [], works: [], size: 0 }
  for (let item = items[0]; item; item = items[0]) {
    if (item.type === 'text') {
      const { content } = item.event
      const size = cutOf(content, units - taken.size, due - taken.size)
      if (size > 0) taken.events.push({ ...item.event, content: content.slice(0, size) })
      taken.size += size
      if (size < content.length) {
        items[0] = restOf(item, size)
        break
      }
    } else if (item.type === 'event') taken.events.push(item.event)
    else taken.works.push(item.work)
    items.shift()
  }
  return taken
}

function demandOf(
  items: readonly Item[],
  { now, gap, lag }: { now: number; gap: number; lag: number },
): { due: number; rate: number } {
  let before = 0
  let due = 0
  let rate = 0
  for (const item of items) {
    if (item.type !== 'text') continue
    for (const { end, at } of item.marks) {
      const left = at + lag - now
      if (left <= gap) due = before + end
      else rate = Math.max(rate, (before + end) / left)
    }
    before += item.event.content.length
  }
  return { due, rate }
}

function restOf(item: Item & { type: 'text' }, size: number): Item {
  const marks = item.marks.map(({ end, at }) => ({ end: end - size, at })).filter(({ end }) => end > 0)
  return { type: 'text', event: { ...item.event, content: item.event.content.slice(size) }, marks }
}

const segmenter = typeof Intl.Segmenter === 'function' ? new Intl.Segmenter() : null

/** Whether this browser can tell where a character ends. One that cannot shows text as it comes. */
export const canPace = segmenter !== null

/** Where to cut a text: after at most `units`, at least `due`, and never inside what a reader sees as one character. */
function cutOf(text: string, units: number, due: number): number {
  if (units >= text.length || !segmenter) return text.length
  const at = Math.max(0, Math.floor(units))
  const character = segmenter.segment(text).containing(at)
  if (!character || character.index === at) return at
  return character.index >= due ? character.index : character.index + character.segment.length
}
