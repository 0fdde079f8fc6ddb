import type { StreamEvent } from '../../../protocol/events.ts'
import type { When } from '../store.ts'
import { createPaceQueue } from './paceQueue.ts'

/*
 * Between the events of a run and the screen: text flows in at an even pace that follows the provider's speed.
 *
 * Every piece of text has a deadline, LAG after it arrived. A draw shows as much as keeps every deadline if the draws to
 * come show the same: the steepest of the lines from here to each of them. So a burst is spread over LAG, and a steady
 * stream comes out steady, LAG or less behind. Other events keep their place among the text, and wait for nothing else.
 *
 * A pacer is
 *   open     idle while nothing waits; flowing while text waits and a draw is asked for;
 *   frozen   from `freeze`, when a reader stops the reply: what comes waits, until the run's end shows all of it, or
 *            until `thaw` takes that back;
 *   closed   for good.
 * Where nothing is paced it never flows: each push shows everything.
 */

/** Milliseconds that text may be behind its arrival; a draw may be late by what is left of the 200 that a reader could feel. */
const LAG = 150

export interface PacerOptions {
  /** Milliseconds, of any clock. */
  now(): number
  /** Calls back when the next draw is due, with the milliseconds from then to the one after it. */
  nextDraw(callback: (gap: number) => void): void
  /** Where it is not, events are shown as they come. */
  isPaced(): boolean
  /** Gets every event once and in order, text in pieces; called at most once a draw while text flows: that `now`, the rest `soon`. */
  show(events: StreamEvent[], when: When): void
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

export function createPacer({ now, nextDraw, isPaced, show }: PacerOptions): Pacer {
  const queue = createPaceQueue()
  let state: 'open' | 'frozen' | 'closed' = 'open'
  let isDrawAsked = false
  /** Fractions of characters that are left from one draw to the next. */
  let credit = 0
  /** `null` while nothing waits. */
  let lastDraw: number | null = null

  function release(units: number, { due = 0, when = 'soon' }: { due?: number; when?: When } = {}): number {
    const { events, works, size } = queue.take(units, due)
    if (events.length > 0) show(events, when)
    for (const work of works) work()
    return size
  }

  function draw(gap: number) {
    isDrawAsked = false
    if (state !== 'open' || queue.isEmpty()) return
    if (!isPaced()) return flush()
    const at = now()
    const { due, rate } = queue.demand({ now: at, gap, lag: LAG })
    const isFirst = lastDraw === null
    // The first has no time behind it, and shows what that to the next one asks for: a character, at least.
    credit += rate * (lastDraw === null ? gap : Math.max(0, at - lastDraw))
    lastDraw = at
    const units = Math.max(due, credit, isFirst ? 1 : 0)
    credit = Math.max(0, credit - release(units, { due, when: 'now' }))
    advance()
  }

  /** Shows what needs no more waiting, and asks for the next draw where text is left. */
  function advance() {
    if (state !== 'open') return
    if (!queue.isText()) release(0)
    if (queue.isEmpty() || isDrawAsked) return
    isDrawAsked = true
    nextDraw(draw)
  }

  function flush() {
    if (state === 'frozen') state = 'open'
    release(Number.POSITIVE_INFINITY)
  }

  return {
    push: events => {
      if (state === 'closed') return
      if (queue.isEmpty()) {
        credit = 0
        lastDraw = null
      }
      for (const event of events) queue.add(event, now())
      const hasEnded = events.some(({ type }) => type === 'run-end')
      if (state === 'frozen' ? hasEnded : !isPaced()) flush()
      else advance()
    },
    after: work => {
      queue.addWork(work)
      advance()
    },
    freeze: () => {
      if (state === 'open') state = 'frozen'
    },
    thaw: () => {
      if (state === 'frozen') state = 'open'
      advance()
    },
    catchUp: () => {
      if (state === 'open') flush()
    },
    flush,
    close: () => {
      state = 'closed'
      queue.clear()
    },
  }
}
