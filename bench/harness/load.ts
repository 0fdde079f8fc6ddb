import { setTimeout as delay } from 'node:timers/promises'
import type { Peer, Person, Relay } from '../peers/peer.ts'
import { now } from './clock.ts'
import { cpuOf, memoryOf } from './machine.ts'
import { orderText } from './order.ts'
import { Reply } from './reply.ts'
import { percentile } from './statistics.ts'

export interface Load {
  peer: Peer
  relay: Relay
  /** How many replies are under way at any time. When one ends, the next begins. */
  streams: number
  /** Tokens of one reply. */
  tokens: number
  /** Milliseconds between two tokens. 0: as fast as the reader takes them. */
  pace: number
  /** Whether each reply calls two tools after half of its tokens. */
  calls?: boolean
  settleMs: number
  measureMs: number
}

/** Counts over all replies, from the first to the last. */
export interface Tally {
  replies: number
  lost: number
  doubled: number
  garbled: number
  /** Requests that were not answered with a stream. */
  refused: number
  /** Replies that were still under way long after their pace would have ended them. */
  unfinished: number
  bytes: number
  textBytes: number
}

/** What the clients saw while the load was steady. Times are in milliseconds. */
interface Window {
  tokens: number
  /** Replies that ended. */
  replies: number
  cpu: number
  /** Of a database server that is told apart. */
  databaseCpu: number | undefined
  elapsed: number
  peakMemory: number
  /** Of the replies that were asked for in this time, even if the token came later. */
  firstTokens: number[]
  delays: number[]
  gaps: number[]
}

const OPENED_A_SECOND = 400
const MEMORY_INTERVAL = 250
const REFUSED_PAUSE = 200
let keys = 0

export function newKey(): string {
  keys += 1
  return `k${process.pid}-${keys}`
}

/**
 * Holds this many replies under way, each for a person of its own. Measures for a while, then lets the last replies
 * end. The first replies have different lengths, so that later ends and beginnings are spread evenly.
 */
export async function runLoad(load: Load): Promise<{ window: Window; tally: Tally }> {
  const { streams, tokens, pace, settleMs, measureMs, relay } = load
  const run = new LoadRun(load)
  const slots: Promise<void>[] = []
  for (let slot = 0; slot < streams; slot++) {
    slots.push(run.slot(slot))
    if (slot % 4 === 3) await delay(4000 / OPENED_A_SECOND)
  }
  await delay(settleMs)
  const pids = relay.pids()
  const databasePids = relay.databasePids?.()
  const [cpu, databaseCpu] = [cpuOf(pids), cpuOf(databasePids ?? [])]
  const from = now()
  run.recording = true
  while (now() - from < measureMs) {
    await delay(Math.min(MEMORY_INTERVAL, measureMs))
    run.window.peakMemory = Math.max(run.window.peakMemory, memoryOf(pids))
  }
  run.recording = false
  run.window.cpu = cpuOf(pids) - cpu
  if (databasePids) run.window.databaseCpu = cpuOf(databasePids) - databaseCpu
  run.window.elapsed = now() - from
  run.isOver = true
  const patience = delay(2 * tokens * pace + 10_000, undefined, { ref: false })
  await Promise.race([Promise.all(slots), patience])
  run.cutAll()
  await Promise.all(slots)
  return { window: run.window, tally: run.tally }
}

class LoadRun {
  recording = false
  isOver = false
  readonly tally: Tally = {
    replies: 0,
    lost: 0,
    doubled: 0,
    garbled: 0,
    refused: 0,
    unfinished: 0,
    bytes: 0,
    textBytes: 0,
  }
  readonly window: Window = {
    tokens: 0,
    replies: 0,
    cpu: 0,
    databaseCpu: undefined,
    elapsed: 0,
    peakMemory: 0,
    firstTokens: [],
    delays: [],
    gaps: [],
  }
  readonly #load: Load
  readonly #open = new Set<Reply>()

  constructor(load: Load) {
    this.#load = load
  }

  async slot(slot: number): Promise<void> {
    const { streams, tokens, pace } = this.#load
    const person: Person = { name: newKey() }
    const first = pace === 0 ? tokens : Math.max(16, Math.ceil((tokens * (slot + 1)) / streams))
    for (let expected = first; !this.isOver; expected = tokens) await this.#reply(person, expected)
  }

  /** Cuts replies that are late, and counts them. */
  cutAll(): void {
    this.tally.unfinished += this.#open.size
    for (const reply of this.#open) reply.cut()
    this.#open.clear()
  }

  async #reply(person: Person, expected: number): Promise<void> {
    const { peer, relay, pace, calls = false } = this.#load
    const { window, tally } = this
    const text = orderText({ key: newKey(), tokens: expected, pace, calls })
    const isFirstRecorded = this.recording
    const request = peer.begin
      ? await peer.begin(relay, text, person).catch(() => undefined)
      : peer.send(relay.port, text, person)
    if (!request) {
      tally.refused++
      await delay(REFUSED_PAUSE)
      return
    }
    let lastDelay: number | undefined
    const reply: Reply = new Reply({
      request,
      dialect: peer.dialect,
      expected,
      onToken: (index, at, late) => {
        if (this.recording) {
          window.tokens++
          window.delays.push(late)
          if (lastDelay !== undefined) window.gaps.push(Math.max(0, late - lastDelay))
        }
        if (index === 0 && isFirstRecorded) window.firstTokens.push(at - reply.sentAt)
        lastDelay = late
      },
    })
    this.#open.add(reply)
    const outcome = await reply.ended
    const isLate = !this.#open.delete(reply)
    peer.remember?.(reply, person)
    tally.replies++
    if (this.recording) window.replies++
    tally.bytes += reply.bytes
    tally.textBytes += reply.textBytes
    if (isLate) return
    if (outcome.status !== 200) {
      tally.refused++
      await delay(REFUSED_PAUSE)
      return
    }
    tally.lost += outcome.lost
    tally.doubled += outcome.doubled
    tally.garbled += outcome.garbled
  }
}

/** The figures of a load, in milliseconds, of CPU per reply too. CPU per token is in microseconds. */
export function figuresOf({ window, tally }: { window: Window; tally: Tally }, { streams, pace }: Load) {
  const { tokens, elapsed } = window
  return {
    cpuPerToken: (window.cpu * 1000) / tokens,
    ...(window.databaseCpu !== undefined && { databasePerToken: (window.databaseCpu * 1000) / tokens }),
    ...(window.replies > 0 && { cpuPerReply: window.cpu / window.replies }),
    coreShare: window.cpu / elapsed,
    tokensPerSecond: (tokens * 1000) / elapsed,
    ...(pace > 0 && { deliveredShare: tokens / (streams * (elapsed / pace)) }),
    ...(window.firstTokens.length > 0 && {
      firstToken50: percentile(window.firstTokens, 0.5),
      firstToken99: percentile(window.firstTokens, 0.99),
    }),
    delay50: percentile(window.delays, 0.5),
    delay99: percentile(window.delays, 0.99),
    gap50: percentile(window.gaps, 0.5),
    gap99: percentile(window.gaps, 0.99),
    peakMemory: window.peakMemory,
    wireRatio: tally.bytes / tally.textBytes,
    replies: tally.replies,
    lost: tally.lost,
    doubled: tally.doubled,
    garbled: tally.garbled,
    refused: tally.refused,
    unfinished: tally.unfinished,
  }
}
