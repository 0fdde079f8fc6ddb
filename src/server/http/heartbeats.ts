import { HEARTBEAT } from '../../protocol/sse.ts'
import type { Clock, Timer } from '../clock.ts'

/**
 * Proxies close a connection after 30 s or 60 s of silence. Half of the shorter time leaves room for one lost
 * heartbeat.
 */
const INTERVAL = 15_000

export interface BeatingStream {
  beat(comment: string): void
}

export interface Heartbeats {
  add(stream: BeatingStream): void
  remove(stream: BeatingStream): void
  readonly size: number
}

/** One timer for all open streams. No timer runs while there is no stream. */
export function createHeartbeats(clock: Clock): Heartbeats {
  const streams = new Set<BeatingStream>()
  let timer: Timer | undefined
  const beat = () => {
    for (const stream of streams) stream.beat(HEARTBEAT)
    timer = streams.size > 0 ? clock.schedule(beat, INTERVAL) : undefined
  }
  return {
    add(stream) {
      streams.add(stream)
      timer ??= clock.schedule(beat, INTERVAL)
    },
    remove(stream) {
      streams.delete(stream)
      if (streams.size > 0 || timer === undefined) return
      clock.cancel(timer)
      timer = undefined
    },
    get size() {
      return streams.size
    },
  }
}
