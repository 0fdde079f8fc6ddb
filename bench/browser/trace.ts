import type { Browser, Page } from 'playwright-core'

const KINDS = ['script', 'layout', 'paint', 'other'] as const
type Kind = (typeof KINDS)[number]

/**
 * Milliseconds of processor time on the main thread of a page: in all of its tasks, and by purpose. `layout` includes
 * style. `paint` is the recording of what to paint, because other threads make the pixels. `other` is what the browser
 * needs to run tasks, take messages and collect garbage.
 */
export interface Cost extends Record<Kind, number> {
  total: number
  longest: number
  /** Tasks that took more than 50 ms. */
  longTasks: number
  frames: number
  /** Frames that the browser wanted to show and did not, or showed without what was new. */
  dropped: number
}

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  ts: number
  /** Microseconds of wall time, and of processor time. Processor time leaves out what other programs take meanwhile. */
  dur: number
  tdur?: number
  args: { name?: string }
}

const LONG_TASK_MS = 50
/**
 * Records tasks and what they do, without pictures, stacks or reasons, because recording those would be measured too.
 */
const CATEGORIES = ['devtools.timeline', 'devtools.timeline.frame', 'disabled-by-default-devtools.timeline']
const KIND_OF: Readonly<Record<string, Kind>> = {
  EvaluateScript: 'script',
  FunctionCall: 'script',
  TimerFire: 'script',
  FireAnimationFrame: 'script',
  EventDispatch: 'script',
  RunMicrotasks: 'script',
  UpdateLayoutTree: 'layout',
  Layout: 'layout',
  HitTest: 'layout',
  'IntersectionObserverController::computeIntersections': 'layout',
  PrePaint: 'paint',
  Paint: 'paint',
  Layerize: 'paint',
  UpdateLayer: 'paint',
  Commit: 'paint',
}

/** Measures what the main thread of `page` does during `work`. */
export async function costOf(browser: Browser, page: Page, work: () => Promise<void>): Promise<Cost> {
  await browser.startTracing(page, { categories: CATEGORIES, screenshots: false })
  await work()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[]
  }
  return sum(mainThread(traceEvents), traceEvents.filter(({ name }) => name === 'DroppedFrame').length)
}

/** The events of the busiest main thread. Other tabs and processes have one too. */
function mainThread(events: readonly TraceEvent[]): TraceEvent[] {
  const threads = Map.groupBy(events, ({ pid, tid }) => `${pid} ${tid}`)
  const isMain = (thread: TraceEvent[]) => thread.some(({ args }) => args.name === 'CrRendererMain')
  const [busiest = []] = [...threads.values()].filter(isMain).sort((one, other) => other.length - one.length)
  return busiest.filter(({ ph }) => ph === 'X').sort((one, other) => one.ts - other.ts || other.dur - one.dur)
}

/** Sums the times. Time inside a nested event counts once, for the innermost event. */
function sum(events: readonly TraceEvent[], dropped: number): Cost {
  const cost: Cost = {
    total: 0,
    script: 0,
    layout: 0,
    paint: 0,
    other: 0,
    longest: 0,
    longTasks: 0,
    frames: 0,
    dropped,
  }
  const around: { end: number; kind: Kind }[] = []
  for (const { name, ts, dur, tdur = dur } of events) {
    while ((around.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= ts) around.pop()
    const outer = around.at(-1)?.kind
    const kind = KIND_OF[name] ?? outer ?? 'other'
    const spent = tdur / 1000
    if (outer) cost[outer] -= spent
    cost[kind] += spent
    around.push({ end: ts + dur, kind })
    if (name === 'Commit') cost.frames += 1
    if (name !== 'RunTask' || outer) continue
    cost.total += spent
    cost.longest = Math.max(cost.longest, spent)
    if (spent > LONG_TASK_MS) cost.longTasks += 1
  }
  return cost
}
