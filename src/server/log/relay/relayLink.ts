import type { Clock, Timer } from '../../clock.ts'
import { type NodeClient, OtherNodeError, type RelayTarget } from './nodeClient.ts'
import { RecordReader, type RelayRecord } from './relayRecords.ts'
import type { Wish } from './relayRequests.ts'
import { RELAY_BEAT } from './relayStream.ts'

export interface RelayLinkOptions {
  target: RelayTarget
  /** The node that reads. */
  from: string
  client: Pick<NodeClient, 'ask'>
  clock: Clock
}

export interface LinkEvents {
  onRecord(record: RelayRecord): void
  /** Nothing has come for longer than it may. The stream may go on later. */
  onSilence(): void
  /** Nothing more comes. There is no problem if nobody here follows a run of the other node any more. */
  onClose(problem: RelayProblem | undefined, wasOpen: boolean): void
}

/** Why a link has closed. */
export interface RelayProblem {
  message: string
  /** Whether trying again soon would not help. */
  isLasting: boolean
}

/** What a reader of a remote run needs of a link. */
export type FollowingLink = Pick<RelayLink, 'isClosed' | 'isDelivering' | 'follow' | 'leave' | 'ended'>

/** After this much silence the journal is polled as if there were no relay, in milliseconds: three beats. */
const SILENCE = 3 * RELAY_BEAT
/** After this much silence the stream is broken, in milliseconds. */
const BROKEN = 5000
/** A link stays this long after the last run that was followed on it, in milliseconds. */
const IDLE = 30_000

/**
 * The stream from the node that writes some runs to this one. It is
 * - **connecting**: the request is under way, or is about to be.
 * - **open**: records come. A record comes at every commit window, and else at every beat.
 * - **closed**: for good.
 */
export class RelayLink {
  readonly #options: RelayLinkOptions
  readonly #events: LinkEvents
  readonly #abort = new AbortController()
  #state: 'connecting' | 'open' | 'closed' = 'connecting'
  #stream = ''
  #lastWish = 0
  readonly #followed = new Set<string>()
  #idleSince: number
  #wishes = new Map<string, Wish>()
  #leaves = new Set<string>()
  #isChanging = false
  #heardAt: number
  #isSilent = false
  #timer: Timer | undefined

  /** It connects after the work that is already queued, with all runs that are followed by then. */
  constructor(options: RelayLinkOptions, events: LinkEvents) {
    this.#options = options
    this.#events = events
    this.#heardAt = options.clock.monotonic()
    this.#idleSince = this.#heardAt
    options.clock.schedule(() => void this.#open(), 0)
    this.#watch()
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Whether what is stored comes by this link at once. */
  get isDelivering(): boolean {
    return this.#state === 'open' && !this.#isSilent
  }

  /** Follows a run after an event. Gives the number by which records name this wish. */
  follow(runId: string, after: number): number {
    this.#lastWish += 1
    this.#followed.add(runId)
    this.#wishes.set(runId, { wish: this.#lastWish, runId, after })
    void this.#change()
    return this.#lastWish
  }

  leave(runId: string): void {
    this.#wishes.delete(runId)
    this.#leaves.add(runId)
    this.ended(runId)
    void this.#change()
  }

  /** The other node no longer sends this run. */
  ended(runId: string): void {
    this.#followed.delete(runId)
    if (this.#followed.size === 0) this.#idleSince = this.#options.clock.monotonic()
  }

  close(problem?: RelayProblem): void {
    if (this.#state === 'closed') return
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.#abort.abort()
    if (this.#timer !== undefined) this.#options.clock.cancel(this.#timer)
    this.#events.onClose(problem, wasOpen)
  }

  async #open(): Promise<void> {
    if (this.#state === 'closed') return
    const wishes = [...this.#wishes.values()]
    this.#wishes.clear()
    try {
      const { client } = this.#options
      const opening = { type: 'open', wishes } as const
      const { pieces, nonce } = await client.ask(this.#options, opening, this.#abort.signal)
      if (this.isClosed) return
      this.#stream = nonce
      this.#state = 'open'
      this.#heard()
      const reader = new RecordReader()
      void this.#change()
      for await (const piece of pieces()) {
        if (this.isClosed) return
        this.#heard()
        for (const record of reader.read(piece)) this.#events.onRecord(record)
      }
      this.close({ message: 'the other node has closed it', isLasting: false })
    } catch (error) {
      this.close(problemOf(error))
    }
  }

  /** One change at a time, because two requests may come in another order than they were sent in. */
  async #change(): Promise<void> {
    if (this.#state !== 'open' || this.#isChanging) return
    this.#isChanging = true
    try {
      while (this.#wishes.size + this.#leaves.size > 0) {
        const [wishes, leaves] = [[...this.#wishes.values()], [...this.#leaves]]
        this.#wishes.clear()
        this.#leaves.clear()
        const change = { type: 'change', stream: this.#stream, wishes, leaves } as const
        const answer = await this.#options.client.ask(this.#options, change, this.#abort.signal)
        await answer.dump()
      }
    } catch (error) {
      this.close(problemOf(error))
    }
    this.#isChanging = false
  }

  #heard(): void {
    this.#heardAt = this.#options.clock.monotonic()
    this.#isSilent = false
  }

  #watch(): void {
    const { clock } = this.#options
    this.#timer = clock.schedule(() => {
      const now = clock.monotonic()
      const silentFor = now - this.#heardAt
      if (this.#followed.size === 0 && now - this.#idleSince > IDLE) return this.close()
      if (silentFor > BROKEN) return this.close({ message: 'it has been silent', isLasting: false })
      if (silentFor > SILENCE && !this.#isSilent) {
        this.#isSilent = true
        this.#events.onSilence()
      }
      this.#watch()
    }, RELAY_BEAT)
  }
}

function problemOf(error: unknown): RelayProblem {
  const message = error instanceof Error ? error.message || error.name : String(error)
  return { message, isLasting: error instanceof OtherNodeError }
}
