import type { Clock, Timer } from '../../src/server/clock.ts'

export interface FakeClock extends Clock {
  /** The time at which it began. */
  readonly start: number
  /** Runs every timer that is due within `ms`, in order. Waits for the work of each. */
  advance(ms: number): Promise<void>
  /** Sets the time of day forward or back. Timers stay due as before. */
  setTimeOfDay(ms: number): void
  /** How many timers are set. */
  readonly pending: number
}

interface Entry {
  readonly id: number
  readonly at: number
  readonly callback: () => void
}

/** A clock that moves only when told to. */
export function createFakeClock(start = 1_000_000): FakeClock {
  /** What `setTimeOfDay` added to the time. */
  let set = 0
  let now = start
  let nextId = 1
  const pending = new Set<number>()
  const queue = new TimerQueue()
  return {
    start,
    now: () => now + set,
    monotonic: () => now,
    schedule(callback, delay): Timer {
      const id = nextId++
      pending.add(id)
      queue.add({ id, at: now + Math.max(0, delay), callback })
      return id
    },
    cancel: timer => void pending.delete(timer as number),
    async advance(ms) {
      const until = now + ms
      for (;;) {
        await settled()
        const due = queue.takeUntil(until, pending)
        if (!due) break
        pending.delete(due.id)
        now = due.at
        due.callback()
      }
      now = until
      await settled()
    },
    setTimeOfDay(ms) {
      set += ms
    },
    get pending() {
      return pending.size
    },
  }
}

/** A heap, so that thousands of timers cost little. */
class TimerQueue {
  readonly #heap: Entry[] = []

  add(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(entry, heap[parent] as Entry)) break
      heap[index] = heap[parent] as Entry
      index = parent
    }
    heap[index] = entry
  }

  /** Takes the first one that is pending and due at `until`. */
  takeUntil(until: number, pending: ReadonlySet<number>): Entry | undefined {
    for (;;) {
      const [first] = this.#heap
      if (!first) return undefined
      const isPending = pending.has(first.id)
      if (isPending && first.at > until) return undefined
      this.#removeFirst()
      if (isPending) return first
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++
      if (!isBefore(heap[child] as Entry, last)) break
      heap[index] = heap[child] as Entry
      index = child
    }
    heap[index] = last
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id)
}

/** Resolves when no promise can go on without a timer or a socket. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
