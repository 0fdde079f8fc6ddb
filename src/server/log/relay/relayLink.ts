import { type Dispatcher, request } from 'undici'
import type { Clock, Timer } from '../../clock.ts'
import { RecordReader, type RelayRecord } from './relayRecords.ts'
import { NODE_HEADER, RELAY_PATH, type RelayRequest, type Wish } from './relayRequests.ts'
import type { RelaySecret } from './relaySecret.ts'
import { RELAY_BEAT } from './relayStream.ts'

/** A node that others can reach. */
export interface RelayTarget {
  nodeId: string
  address: string
}

export interface RelayLinkOptions {
  target: RelayTarget
  /** The node that reads. */
  from: string
  secret: RelaySecret
  dispatcher: Dispatcher
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
/** How long a node may take to answer, in milliseconds. */
const ANSWER_TIMEOUT = 3000

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
      const { body, nonce } = await askNode(this.#options, { type: 'open', wishes }, this.#abort.signal)
      if (this.isClosed) return
      this.#stream = nonce
      this.#state = 'open'
      this.#heard()
      const reader = new RecordReader()
      void this.#change()
      for await (const piece of body.setEncoding('utf8')) {
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
        const { body } = await askNode(this.#options, change, this.#abort.signal)
        await body.dump()
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

/** Asks a node. Throws if it is not that very node that answers, or if it refuses. */
export async function askNode(
  { target, from, secret, dispatcher }: Omit<RelayLinkOptions, 'clock'>,
  body: RelayRequest,
  signal?: AbortSignal,
): Promise<{ body: Dispatcher.ResponseData['body']; nonce: string }> {
  const { nonce, authorization } = secret.ask({ from, to: target.nodeId })
  const answer = await request(`${target.address}${RELAY_PATH}`, {
    dispatcher,
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    headersTimeout: ANSWER_TIMEOUT,
    bodyTimeout: 0,
    ...(signal && { signal }),
  })
  const nodeId = secret.answering(answer.headers[NODE_HEADER], nonce)
  const { statusCode } = answer
  if (nodeId === target.nodeId && (statusCode === 200 || statusCode === 204))
    return { body: answer.body, nonce }
  // Whoever answers may send without end.
  answer.body.destroy()
  if (nodeId === undefined) throw new OtherNodeError('its address answers as no node of this database')
  if (nodeId !== target.nodeId) throw new OtherNodeError('its address reaches another node')
  throw new Error(`it refuses with ${statusCode}`)
}

/** The address of a node does not reach it, as that of a balancer. */
class OtherNodeError extends Error {}

function problemOf(error: unknown): RelayProblem {
  const message = error instanceof Error ? error.message || error.name : String(error)
  return { message, isLasting: error instanceof OtherNodeError }
}
