import { MAX_RUNS, manyRunsUrl } from '../../protocol/manyRuns.ts'
import type { Browser } from '../browser.ts'
import type { ConnectionState, MessageToHub, MessageToTab } from './hubProtocol.ts'
import { createCursor, type Frame, type RunCursor, type RunPosition } from './runCursor.ts'
import type { RunFrames } from './runFrames.ts'
import { type FramesOutcome, type OpenRunStream, openRunStream } from './runStream.ts'

/*
 * The hub reads the live runs of one browser, each once, for all of its tabs, over one connection. A browser opens at most
 * six connections to a server over HTTP/1.1, and the page needs some of them for other requests.
 *
 * Each run that is followed has one feed: the frames read so far. A feed begins with its first view, and ends with its
 * last view or with the run. A view that joins gets the frames after its position. If the feed began after that position,
 * the feed begins again there, and the other views ignore the frames they have.
 *
 * The connection asks for the feeds that exist when it is opened, each after its last event. When a feed is added, the hub
 * waits until the server has answered, and then changes to a new connection. That costs the other runs the time of one
 * request, and no event. The hub asks no more for a feed that ended. With no feed there is no connection.
 *
 * The hub knows a tab as long as the tab has a view. A closed or frozen tab does not say goodbye, so the hub sends a ping
 * every PING_INTERVAL. If the ping before is still unanswered, the hub forgets the tab. A tab that was only frozen reads
 * `forgotten` when it wakes, and follows again from its position. Each view applies each event once, whatever the hub
 * does, because the tab has a cursor of its own (`runCursor.ts`).
 */

/** Milliseconds. */
const PING_INTERVAL = 10_000

export interface StreamHub {
  /** Adds a tab. `post` sends a message to it; the returned function takes the messages from it. */
  connect(post: (message: MessageToTab) => void): (message: MessageToHub) => void
  isIdle(): boolean
  close(): void
}

export interface StreamHubOptions {
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>
  /** Called when the last run is followed no longer. */
  onIdle?(): void
}

interface Tab {
  post(message: MessageToTab): void
  isVisible: boolean
  /** It has not answered the last ping. */
  isPinged: boolean
  views: Map<string, Feed>
}

interface Feed {
  /** The position of its last frame. */
  cursor: RunCursor
  runId: string
  /** The `seq` after which `frames` begin. */
  base: number
  frames: Frame[]
  views: Map<string, Tab>
  /** The connection asks for it. */
  isAsked: boolean
}

interface Hub extends StreamHubOptions {
  /** In the order in which they were last asked for. */
  feeds: Map<string, Feed>
  tabs: Set<Tab>
  stream: OpenRunStream | null
  state: ConnectionState
  cancelPing: (() => void) | null
}

/** Creates a hub; it does nothing until a tab follows a run. */
export function createStreamHub(options: StreamHubOptions): StreamHub {
  const hub: Hub = {
    ...options,
    feeds: new Map(),
    tabs: new Set(),
    stream: null,
    state: 'asking',
    cancelPing: null,
  }
  return {
    connect: post => {
      const tab: Tab = { post, isVisible: true, isPinged: false, views: new Map() }
      return message => receive(hub, tab, message)
    },
    isIdle: () => hub.feeds.size === 0,
    close: () => {
      hub.cancelPing?.()
      hub.stream?.close()
      hub.feeds.clear()
    },
  }
}

function receive(hub: Hub, tab: Tab, message: MessageToHub): void {
  tab.isPinged = false
  if (message.type === 'leave') leave(hub, tab, message.view)
  if (message.type === 'follow') follow(hub, tab, message)
  if (message.type === 'hidden') tab.isVisible = false
}

function follow(hub: Hub, tab: Tab, { view, position, isVisible }: MessageToHub & { type: 'follow' }): void {
  const { runId, seq } = position
  const feed = hub.feeds.get(runId) ?? createFeed(position)
  hub.feeds.delete(runId)
  hub.feeds.set(runId, feed)
  tab.isVisible = isVisible
  tab.views.set(view, feed)
  feed.views.set(view, tab)
  hub.tabs.add(tab)
  hub.cancelPing ??= hub.browser.timers.set(() => ping(hub), PING_INTERVAL)
  const missing = framesAfter(feed, seq)
  if (missing === undefined) Object.assign(feed, createFeed(position), { views: feed.views })
  tab.post({ type: 'connection', view, state: stateOf(hub, feed) })
  if (missing && missing.length > 0) tab.post({ type: 'frames', view, frames: missing })
  if (hub.stream) askForMore(hub) || hub.stream.wake()
  else hub.stream = open(hub)
}

function leave(hub: Hub, tab: Tab, view: string): void {
  const feed = tab.views.get(view)
  tab.views.delete(view)
  if (tab.views.size === 0) hub.tabs.delete(tab)
  // Another connection of the same tab may follow under the same name by now: its link was opened again.
  if (feed?.views.get(view) !== tab) return
  feed.views.delete(view)
  if (feed.views.size === 0) end(hub, feed)
}

function createFeed(position: RunPosition): Feed {
  const { runId, seq } = position
  return { cursor: createCursor(position), runId, base: seq, frames: [], views: new Map(), isAsked: false }
}

function open(hub: Hub): OpenRunStream {
  return openRunStream({
    browser: hub.browser,
    isVisible: () => [...hub.tabs].some(({ isVisible }) => isVisible),
    request: () => {
      hub.state = 'asking'
      const wanted = wantedOf(hub)
      for (const feed of hub.feeds.values()) feed.isAsked = wanted.includes(feed)
      const positions = wanted.flatMap(({ cursor }) => cursor.position ?? [])
      return { method: 'GET', path: manyRunsUrl(positions) }
    },
    onFrames: runs => take(hub, runs),
    onConnection: connected => {
      hub.state = connected ? 'live' : 'lost'
      for (const feed of hub.feeds.values()) {
        const state = stateOf(hub, feed)
        if (state !== 'asking') tell(feed, view => ({ type: 'connection', view, state }))
      }
      if (connected) askForMore(hub)
    },
  })
}

/** The feeds to ask for. If there are more than one stream takes, those that were asked for last. */
function wantedOf({ feeds }: Hub): Feed[] {
  return [...feeds.values()].slice(-MAX_RUNS)
}

/**
 * Changes to a connection that asks for more, once the server has answered the present one. So each connection brings
 * something, however fast runs are added.
 */
function askForMore(hub: Hub): boolean {
  const isMore = hub.state !== 'asking' && wantedOf(hub).some(({ isAsked }) => !isAsked)
  if (!isMore) return false
  hub.state = 'asking'
  hub.stream?.askAgain()
  return true
}

function stateOf(hub: Hub, feed: Feed): ConnectionState {
  return hub.state === 'live' && !feed.isAsked ? 'asking' : hub.state
}

/** Passes on the frames that are new and in order, of runs that are still followed. */
function take(hub: Hub, runs: readonly RunFrames[]): FramesOutcome {
  let isBroken = false
  let isProgress = false
  for (const { runId, frames, isOver } of runs) {
    const feed = hub.feeds.get(runId ?? '')
    if (!feed?.isAsked) continue
    const { taken, state } = feed.cursor.take(frames)
    if (taken.length > 0) keep(feed, taken)
    isProgress ||= taken.length > 0
    isBroken ||= state === 'broken'
    if (state === 'ended' || isOver) finish(hub, feed)
  }
  return isBroken ? 'broken' : isProgress ? 'progress' : 'nothing'
}

function keep(feed: Feed, frames: Frame[]): void {
  const snapshot = frames.findLastIndex(({ event }) => event?.type === 'snapshot')
  if (snapshot >= 0) feed.frames = frames.slice(snapshot)
  else feed.frames.push(...frames)
  tell(feed, view => ({ type: 'frames', view, frames }))
}

/** Nothing more comes of a run: tells its views, and drops it. */
function finish(hub: Hub, feed: Feed): void {
  tell(feed, view => ({ type: 'done', view }))
  for (const [view, tab] of [...feed.views]) leave(hub, tab, view)
}

function end(hub: Hub, feed: Feed): void {
  hub.feeds.delete(feed.runId)
  if (hub.feeds.size > 0) return void askForMore(hub)
  hub.stream?.close()
  hub.stream = null
  hub.state = 'asking'
  hub.onIdle?.()
}

function tell(feed: Feed, message: (view: string) => MessageToTab): void {
  for (const [view, tab] of [...feed.views]) tab.post(message(view))
}

/** The frames that a view at `seq` has not seen; `undefined` if the feed began later than that. */
function framesAfter({ base, frames }: Feed, seq: number): Frame[] | undefined {
  const isWhole = frames[0]?.event?.type === 'snapshot'
  if (!isWhole && seq < base) return undefined
  return frames.filter(frame => frame.seq > seq)
}

function ping(hub: Hub): void {
  hub.cancelPing = null
  for (const tab of [...hub.tabs]) {
    if (tab.isPinged) forget(hub, tab)
    else {
      tab.isPinged = true
      tab.post({ type: 'ping' })
    }
  }
  if (hub.tabs.size > 0) hub.cancelPing = hub.browser.timers.set(() => ping(hub), PING_INTERVAL)
}

function forget(hub: Hub, tab: Tab): void {
  for (const view of [...tab.views.keys()]) leave(hub, tab, view)
  tab.post({ type: 'forgotten' })
}
