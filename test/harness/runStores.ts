import { createParser } from 'eventsource-parser'
import { RiachoError } from '../../src/protocol/errors.ts'
import { foldEvent, type RunEnd } from '../../src/protocol/events.ts'
import type { Part } from '../../src/protocol/parts.ts'
import { decodeFrame, framesFrom } from '../../src/protocol/sse.ts'
import type { Clock } from '../../src/server/clock.ts'
import type { Ownership } from '../../src/server/generation/takeover.ts'
import type { LogWrite } from '../../src/server/log/eventLog.ts'
import type { NewRun, RunStore, StoredRun } from '../../src/server/log/runStore.ts'
import type { Random } from './random.ts'

/** One run in memory. */
interface MemoryRun {
  readonly run: NewRun
  /** `undefined` once they are deleted. */
  frames: string | undefined
  /** `seq` of the last frame. */
  lastFrame: number
  /** `seq` of the first frame after the last gap. */
  firstFrame: number
  end: { event: RunEnd; seq: number; parts: Part[]; at: number } | undefined
  checkpoint: string | null
  resumes: number
}

/** A store without transactions that others could join. */
export interface MemoryStore extends RunStore {
  accept(queries: unknown, run: NewRun): Promise<void>
  /** The runs that are active now, for a next process. */
  readonly ownership: Ownership
  /** What is stored of a run, without its message. */
  progressOf(runId: string): { lastSeq: number; isEnded: boolean }
  /** Loses some of the last commits that were not synced, as a loss of power does. */
  losePower(random: Random): void
}

/**
 * Runs in memory, with the same contract as the database. It stores nothing of a run that was never accepted. The function is long
 * because each method of the contract is in it once.
 */
export function createMemoryStore({ now = () => 0 }: { now?: () => number } = {}): MemoryStore {
  let runs = new Map<string, MemoryRun>()
  /** What was stored at the last sync, and after each commit since. */
  let states = [runs]
  const store = (changed: ReadonlyMap<string, MemoryRun>, durability: string) => {
    runs = new Map([...runs, ...changed])
    states = durability === 'power' ? [runs] : [...states, runs]
  }
  return {
    async accept(_queries, run) {
      const { runId } = run.start
      if (runs.has(runId)) throw new Error(`run ${runId} is known`)
      const { frames, lastSeq } = run.stored
      const known = {
        run,
        frames,
        firstFrame: 1,
        lastFrame: lastSeq,
        end: undefined,
        checkpoint: null,
        resumes: 0,
      }
      store(new Map([[runId, known]]), 'power')
    },
    async commit(writes, durability) {
      const changed = new Map<string, MemoryRun>()
      for (const write of writes) {
        const { runId } = write.start
        const known = changed.get(runId) ?? runs.get(runId)
        if (known && !known.end) changed.set(runId, changedBy(known, write, now()))
      }
      store(changed, durability)
    },
    async read({ id, ownerId }) {
      const known = runs.get(id)
      return known?.run.ownerId === ownerId ? toStoredRun(known) : undefined
    },
    async framesAfter(runId, seq) {
      const { frames, firstFrame, lastFrame } = runs.get(runId) ?? { firstFrame: 1, lastFrame: 0 }
      const hasAll = seq < lastFrame && seq >= firstFrame - 1
      return hasAll && frames !== undefined ? framesFrom(frames, seq + 1) : undefined
    },
    sync: async () => store(new Map(), 'power'),
    settleJournal: async () => {},
    async deleteOldEvents(endedBefore) {
      const old = [...runs].filter(([, { end }]) => end && end.at < endedBefore)
      store(new Map(old.map(([id, known]) => [id, { ...known, frames: undefined }])), 'process')
    },
    ownership: {
      async takeOver() {
        const active = [...runs.values()].filter(({ end }) => !end)
        return active.map(known => ({
          ...toStoredRun(known),
          checkpoint: known.checkpoint,
          resumes: known.resumes,
        }))
      },
      findsLost: false,
      async countResume(runId) {
        const known = runs.get(runId)
        if (known) store(new Map([[runId, { ...known, resumes: known.resumes + 1 }]]), 'power')
      },
    },
    progressOf(runId) {
      const { end, lastFrame = 0 } = runs.get(runId) ?? {}
      return { lastSeq: end?.seq ?? lastFrame, isEnded: end !== undefined }
    },
    losePower(random) {
      runs = random.pick(states)
      states = [runs]
    },
  }
}

function changedBy(known: MemoryRun, { segment, end, checkpoint }: LogWrite, at: number): MemoryRun {
  const { run, frames = '', lastFrame } = known
  // A later process counts on from higher numbers.
  const isNext =
    segment && (known.resumes > 0 ? segment.fromSeq > lastFrame : segment.fromSeq === lastFrame + 1)
  if (segment && !isNext)
    throw new Error(`run ${run.start.runId}: event ${segment.fromSeq} after ${lastFrame}`)
  return {
    ...known,
    checkpoint: checkpoint === undefined ? known.checkpoint : checkpoint,
    frames: frames + (segment?.frames ?? ''),
    firstFrame: segment && segment.fromSeq > lastFrame + 1 ? segment.fromSeq : known.firstFrame,
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
  /** An error makes it refuse every commit that has this write. */
  refusalOf: (write: LogWrite) => Error | undefined
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
    refusalOf: () => undefined,
    held: undefined,
    async commit(writes, durability) {
      await this.held
      const refusal = this.refusal ?? writes.map(write => this.refusalOf(write)).find(Boolean)
      if (refusal) throw refusal
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
