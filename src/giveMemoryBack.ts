import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Clock, repeat } from './server/clock.ts'

/** How often it looks, in milliseconds. */
const INTERVAL = 3000
/** A process that works for a smaller share of that time is idle. */
const IDLE = 0.03
/** A collection is worth its time if the heap has grown by this factor since the last one. */
const GROWN = 1.25

/** The heap of a process. */
export interface Heap {
  /** Bytes that it takes, with what nobody uses any more. */
  size(): number
  /** The share of the time since the last call in which the event loop worked. */
  worked(): number
  /** Collects everything that nobody uses, and gives its pages back. Takes about a tenth of a second. */
  collect(): void
}

/**
 * Gives memory back that the start or a busy time took, once the process is idle. By itself V8 keeps it as long as nothing
 * happens. After a start that is a quarter of the memory of the process. Returns what ends it.
 */
export function giveMemoryBack(clock: Clock, heap: Heap = v8Heap()): { stop: () => Promise<void> } {
  let sizeAfter = 0
  heap.worked()
  return repeat(INTERVAL, clock, async () => {
    if (heap.worked() >= IDLE || heap.size() <= sizeAfter * GROWN) return
    heap.collect()
    sizeAfter = heap.size()
  })
}

function v8Heap(): Heap {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (options: object) => void
  let before = performance.eventLoopUtilization()
  return {
    size: () => process.memoryUsage().heapTotal,
    worked() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
    collect: () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  }
}
