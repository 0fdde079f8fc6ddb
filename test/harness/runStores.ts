import { createParser } from 'eventsource-parser'
import { RiachoError } from '../../src/protocol/errors.ts'
import { foldEvent, type RunEnd } from '../../src/protocol/events.ts'
import type { Part } from '../../src/protocol/parts.ts'
import { decodeFrame } from '../../src/protocol/sse.ts'
import type { Clock } from '../../src/server/clock.ts'
import { framesFrom, type LogWrite } from '../../src/server/log/eventLog.ts'
import type { NewRun, RunStore, StoredRun } from '../../src/server/log/runStore.ts'
import type { Random } from './random.ts'

/** One run in memory. */
interface MemoryRun {
  readonly run: NewRun
  /** `undefined` once they are deleted. */
  frames: string | undefined
  /** `seq` of the last frame. */
  lastFrame: number
  end: { event: RunEnd; seq: number; parts: Part[]; at: number } | undefined
}

/** A store without transactions that others could join. */
export interface MemoryStore extends RunStore {
  accept(queries: unknown, run: NewRun): Promise<void>
}

/** Runs in memory, with the same contract as the database. It stores nothing of a run that was never accepted. */
export function createMemoryStore({ now = () => 0 }: { now?: () => number } = {}): MemoryStore {
  const runs = new Map<string, MemoryRun>()
  return {
    async accept(_queries, run) {
      const { runId } = run.start
      if (runs.has(runId)) throw new Error(`run ${runId} is known`)
      const { frames, lastSeq } = run.stored
      runs.set(runId, { run, frames, lastFrame: lastSeq, end: undefined })
    },
    async commit(writes) {
      const changed = new Map<string, MemoryRun>()
      for (const write of writes) {
        const { runId } = write.start
        const known = changed.get(runId) ?? runs.get(runId)
        if (known && !known.end) changed.set(runId, changedBy(known, write, now()))
      }
      for (const [runId, known] of changed) runs.set(runId, known)
    },
    async read({ id, ownerId }) {
      const known = runs.get(id)
      return known?.run.ownerId === ownerId ? toStoredRun(known) : undefined
    },
    async framesAfter(runId, seq) {
      const { frames, lastFrame } = runs.get(runId) ?? { lastFrame: 0 }
      return seq < lastFrame && frames !== undefined ? framesFrom(frames, seq + 1) : undefined
    },
    sync: async () => {},
    settleJournal: async () => {},
    async deleteOldEvents(endedBefore) {
      for (const known of runs.values()) if (known.end && known.end.at < endedBefore) known.frames = undefined
    },
  }
}

function changedBy(
  { run, frames = '', lastFrame }: MemoryRun,
  { segment, end }: LogWrite,
  at: number,
): MemoryRun {
  if (segment && segment.fromSeq !== lastFrame + 1)
    throw new Error(`run ${run.start.runId}: event ${segment.fromSeq} after ${lastFrame}`)
  return {
    run,
    frames: frames + (segment?.frames ?? ''),
    lastFrame: segment?.toSeq ?? lastFrame,
    end: end && { ...end, at },
  }
}

function toStoredRun({ run, frames = '', lastFrame, end }: MemoryRun): StoredRun {
  const { ownerId, start, startedAt } = run
  if (end) return { ownerId, start, startedAt, parts: end.parts, lastSeq: end.seq, end: end.event }
  return { ownerId, start, startedAt, parts: foldFrames(frames), lastSeq: lastFrame }
}

function foldFrames(frames: string): Part[] {
  const parts: Part[] = []
  const parser = createParser({
    onEvent({ event, data }) {
      const decoded = decodeFrame(event, data)
      if (decoded) foldEvent(parts, decoded)
    },
  })
  parser.feed(frames)
  return parts
}

/** A store that records its commits. The test makes it refuse or wait. */
export interface ScriptedStore extends MemoryStore {
  readonly commits: { writes: LogWrite[]; durability: string }[]
  refusal: Error | undefined
  /** While it is set, commits wait for it. */
  held: Promise<void> | undefined
}

export function createScriptedStore(): ScriptedStore {
  const memory = createMemoryStore()
  const commits: ScriptedStore['commits'] = []
  return {
    ...memory,
    commits,
    refusal: undefined,
    held: undefined,
    async commit(writes, durability) {
      await this.held
      if (this.refusal) throw this.refusal
      await memory.commit(writes, durability)
      commits.push({ writes: [...writes], durability })
    },
    sync: async () => {
      commits.push({ writes: [], durability: 'power' })
    },
  }
}

/** A store that is slow and refuses for up to 15 s at a time, by the numbers of `random`. */
export function createUnreliableStore(clock: Clock, random: Random): MemoryStore {
  const memory = createMemoryStore({ now: clock.now })
  let refusesUntil = 0
  return {
    ...memory,
    async commit(writes, durability) {
      if (random.chance(0.2)) await new Promise<void>(done => clock.schedule(done, random.integer(80)))
      if (random.chance(0.02)) refusesUntil = clock.now() + random.integer(15_000)
      if (clock.now() < refusesUntil) throw new RiachoError('STORAGE_UNAVAILABLE')
      await memory.commit(writes, durability)
    },
  }
}
