import { foldEvent, type StreamEvent } from '../../../src/protocol/events.ts'
import type { Part } from '../../../src/protocol/parts.ts'
import type { Random } from '../../harness/random.ts'
import { type Owner, type RunRecord, time } from '../history.ts'
import { ManyRunsStream } from '../manyRunsStream.ts'
import type { Talker } from '../talker.ts'
import { View } from '../view.ts'

/** Replays begin after each of the first events, up to this one. It is also the most runs that one stream takes. */
const EVERY = 50
/** So many later places of long runs, besides. */
const LATER = 5

interface Frame {
  seq: number
  event: StreamEvent
}

/** A run, as its replay from the beginning shows it. */
interface Ended {
  run: RunRecord
  frames: readonly Frame[]
  lastSeq: number
  parts: string
}

/**
 * Replays every run of an owner from every place. A reader that goes on after event n, one that reads it all, and one
 * that gets a snapshot must all come to the same parts. Each place takes one stream of many runs. Some replays come
 * over a stream of their own too, and must be the same.
 */
export async function checkReplays(talker: Talker, owner: Owner, random: Random): Promise<void> {
  const span = { from: time(), to: time() }
  const runs = owner.chats.filter(chat => !chat.mayBeGone(span)).flatMap(chat => chat.runs)
  for (let first = 0; first < runs.length; first += EVERY) {
    const some = runs.slice(first, first + EVERY)
    const whole = await replay(
      talker,
      owner,
      some.map(run => ({ run, seq: 0 })),
    )
    const ended = some.flatMap(run => endedOf(talker, run, whole.get(run.runId) ?? []))
    for (const place of placesOf(ended, random)) {
      await replayFrom(talker, owner, {
        place,
        ended: ended.filter(({ lastSeq }) => lastSeq > place),
        random,
      })
    }
    // After the last event nothing comes. After an event that does not exist the whole message comes.
    const after = await replay(
      talker,
      owner,
      ended.map(({ run, lastSeq }) => ({ run, seq: lastSeq })),
    )
    for (const [runId, frames] of after)
      if (frames.length > 0) wrong(talker, runId, 'something comes after the end')
    const beyond = await replay(
      talker,
      owner,
      ended.map(({ run, lastSeq }) => ({ run, seq: lastSeq + 7 })),
    )
    for (const each of ended) checkFrom(talker, each, { place: 0, frames: beyond.get(each.run.runId) ?? [] })
  }
}

/** Places in the logs: each of the first ones, and some later ones. */
function placesOf(ended: readonly Ended[], random: Random): number[] {
  const longest = Math.max(0, ...ended.map(({ frames }) => frames.length))
  const places = Array.from({ length: Math.min(longest, EVERY) }, (_, place) => place)
  for (let more = 0; longest > EVERY && more < LATER; more++)
    places.push(EVERY + random.integer(longest - EVERY))
  return places
}

function endedOf(talker: Talker, run: RunRecord, frames: Frame[]): Ended[] {
  const view = new View(run.runId)
  for (const { seq, event } of frames) view.apply(seq, event)
  for (const violation of view.violations) talker.history.violation(`replay: ${violation}`)
  if (view.end) return [{ run, frames, lastSeq: view.lastSeq, parts: JSON.stringify(view.parts) }]
  wrong(talker, run.runId, 'no end')
  return []
}

async function replayFrom(
  talker: Talker,
  owner: Owner,
  { place, ended, random }: { place: number; ended: readonly Ended[]; random: Random },
): Promise<void> {
  if (ended.length === 0) return
  const replays = await replay(
    talker,
    owner,
    ended.map(({ run }) => ({ run, seq: place })),
  )
  for (const each of ended) {
    const { runId } = each.run
    const frames = replays.get(runId) ?? []
    checkFrom(talker, each, { place, frames })
    if (!random.chance(0.05)) continue
    const alone = await talker.uncut(() => talker.client(owner).follow(runId, place))
    if (JSON.stringify(alone.frames) !== JSON.stringify(frames))
      wrong(talker, runId, `alone it differs after ${place}`)
  }
}

/** A reader that had the events up to `place` gets `frames`, and then has the same parts as everybody. */
function checkFrom(
  talker: Talker,
  ended: Ended,
  { place, frames }: { place: number; frames: readonly Frame[] },
): void {
  const { run, lastSeq, parts } = ended
  const before = partsAt(ended, place)
  const view = new View(run.runId, { seq: place, parts: before ?? [] })
  for (const { seq, event } of frames) view.apply(seq, event)
  for (const violation of view.violations) talker.history.violation(`replay after ${place}: ${violation}`)
  if (!view.end || view.lastSeq !== lastSeq) wrong(talker, run.runId, `no end after ${place}`)
  const isKnown = before || frames[0]?.event.type === 'snapshot'
  if (isKnown && JSON.stringify(view.parts) !== parts) wrong(talker, run.runId, `other parts after ${place}`)
}

/** The parts after event `place`. `undefined` if the replay began with a snapshot of later events. */
function partsAt({ frames }: Ended, place: number): Part[] | undefined {
  if (place > 0 && (frames[0]?.seq ?? 0) > place) return undefined
  const parts: Part[] = []
  for (const { seq, event } of frames) if (seq <= place) foldEvent(parts, event)
  return parts
}

/** The frames of runs that have ended, each after its `seq`. */
async function replay(
  talker: Talker,
  owner: Owner,
  positions: readonly { run: RunRecord; seq: number }[],
): Promise<Map<string, Frame[]>> {
  const replays = new Map(positions.map(({ run }) => [run.runId, [] as Frame[]]))
  if (positions.length === 0) return replays
  const stream = await talker.uncut(() =>
    ManyRunsStream.open(
      talker.client(owner),
      positions.map(({ run, seq }) => ({ runId: run.runId, seq })),
    ),
  )
  for (const frame of stream.frames) {
    if ('seq' in frame) replays.get(frame.runId)?.push({ seq: frame.seq, event: frame.event })
    else if (frame.mark === 'run-gone') wrong(talker, frame.runId, 'it is gone')
  }
  return replays
}

function wrong(talker: Talker, runId: string, what: string): void {
  talker.history.violation(`replay of ${runId}: ${what}`)
}
