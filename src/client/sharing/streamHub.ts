import type { Browser } from '../browser.ts'
import type { Frame, RunPosition } from '../runCursor.ts'
import { openRunStream, type RunStream } from '../runStream.ts'
import type { ToHub, ToTab } from './messages.ts'
import { createTurns, type ReviewedTurns } from './turns.ts'

/*
 * Reads the live runs of one browser, each once, for all of its tabs, over at most SLOTS connections: browsers allow
 * six to a server over HTTP/1.1, and what a page asks for besides needs some of them.
 *
 * A run that is followed has one feed: its stream, and the frames read so far. A feed begins with its first view and
 * ends with its last one, or with the run. A view that joins gets the frames after its position; when the feed began
 * later than that, its stream begins again from there, and the other views drop what they have.
 *
 * A tab is known while it has a view. It is asked every PING_INTERVAL whether it is there, for a closed or frozen tab
 * does not say so; the second question that finds the first one unanswered makes the hub forget it. One that was only
 * frozen reads `forgotten` when it wakes, and follows again from where it was. Each view applies each event once
 * whatever the hub does: that rule is the tab's own (`runCursor.ts`).
 */

const SLOTS = 3
/** Milliseconds, of a feed for which others wait. Any turn costs a request and brings all that is missing. */
const TURN = 300
const PING_INTERVAL = 10_000

export interface StreamHub {
  /** A new tab; `post` says something to it. Gives the function that takes what it says. */
  connect(post: (message: ToTab) => void): (message: ToHub) => void
  isIdle(): boolean
  close(): void
}

export interface StreamHubOptions {
  browser: Pick<Browser, 'fetch' | 'timers' | 'random'>
  /** No run is followed any more. */
  onIdle?(): void
}

interface Tab {
  post(message: ToTab): void
  isVisible: boolean
  isAsked: boolean
  views: Map<string, Feed>
}

interface Feed {
  runId: string
  /** The `seq` after which `frames` begin. */
  base: number
  frames: Frame[]
  views: Map<string, Tab>
  stream: RunStream
  isConnected: boolean
  /** It has had a first turn. */
  isKnown: boolean
}

interface Hub extends StreamHubOptions {
  turns: ReviewedTurns
  feeds: Map<string, Feed>
  tabs: Set<Tab>
  cancelPing: (() => void) | null
}

/** Creates a hub; it does nothing until a tab follows a run. */
export function createStreamHub(options: StreamHubOptions): StreamHub {
  const { timers } = options.browser
  const turns = createTurns({ slots: SLOTS, turnLength: TURN, timers })
  const hub: Hub = { ...options, turns, feeds: new Map(), tabs: new Set(), cancelPing: null }
  return {
    connect: post => {
      const tab: Tab = { post, isVisible: true, isAsked: false, views: new Map() }
      return message => receive(hub, tab, message)
    },
    isIdle: () => hub.feeds.size === 0,
    close: () => {
      hub.cancelPing?.()
      for (const { stream } of hub.feeds.values()) stream.close()
      hub.feeds.clear()
    },
  }
}

function receive(hub: Hub, tab: Tab, message: ToHub): void {
  tab.isAsked = false
  if (message.type === 'leave') leave(hub, tab, message.view)
  if (message.type === 'follow') follow(hub, tab, message)
  if (message.type === 'hidden') tab.isVisible = false
  if (message.type !== 'here') hub.turns.review()
}

function follow(hub: Hub, tab: Tab, message: ToHub & { type: 'follow' }): void {
  const { view, position, isVisible } = message
  const known = hub.feeds.get(position.runId)
  const feed = known ?? createFeed(position)
  tab.isVisible = isVisible
  tab.views.set(view, feed)
  feed.views.set(view, tab)
  hub.tabs.add(tab)
  hub.cancelPing ??= hub.browser.timers.set(() => ping(hub), PING_INTERVAL)
  tab.post({ type: 'connection', view, connected: feed.isConnected })
  const missing = known && framesAfter(feed, position.seq)
  if (missing === undefined) read(hub, feed, position)
  else {
    if (missing.length > 0) tab.post({ type: 'frames', view, frames: missing })
    feed.stream.wake()
  }
}

function leave(hub: Hub, tab: Tab, view: string): void {
  const feed = tab.views.get(view)
  tab.views.delete(view)
  if (tab.views.size === 0) hub.tabs.delete(tab)
  feed?.views.delete(view)
  if (feed?.views.size === 0) end(hub, feed)
}

function createFeed({ runId, seq }: RunPosition): Feed {
  const stream: RunStream = { wake: () => {}, close: () => {} }
  return { runId, base: seq, frames: [], views: new Map(), stream, isConnected: true, isKnown: false }
}

/** Reads a feed from `position` on, in place of what it has read. */
function read(hub: Hub, feed: Feed, position: RunPosition): void {
  const { browser, turns } = hub
  feed.stream.close()
  feed.base = position.seq
  feed.frames = []
  hub.feeds.set(feed.runId, feed)
  feed.stream = openRunStream({
    browser,
    turns,
    rank: () => rankOf(feed),
    from: position,
    onFrames: frames => {
      const snapshot = frames.findLastIndex(({ event }) => event?.type === 'snapshot')
      if (snapshot >= 0) feed.frames = frames.slice(snapshot)
      else feed.frames.push(...frames)
      tell(feed, view => ({ type: 'frames', view, frames }))
    },
    onConnection: connected => {
      feed.isKnown = true
      feed.isConnected = connected
      tell(feed, view => ({ type: 'connection', view, connected }))
    },
    onDone: () => {
      tell(feed, view => ({ type: 'done', view }))
      for (const [view, tab] of [...feed.views]) leave(hub, tab, view)
    },
  })
}

function end(hub: Hub, feed: Feed): void {
  feed.stream.close()
  if (hub.feeds.get(feed.runId) === feed) hub.feeds.delete(feed.runId)
  if (hub.feeds.size === 0) hub.onIdle?.()
}

function tell(feed: Feed, message: (view: string) => ToTab): void {
  for (const [view, tab] of [...feed.views]) tab.post(message(view))
}

/** What a view at `seq` has not seen; `undefined` when the feed began later than that. */
function framesAfter({ base, frames }: Feed, seq: number): Frame[] | undefined {
  const isWhole = frames[0]?.event?.type === 'snapshot'
  if (!isWhole && seq < base) return undefined
  return frames.filter(frame => frame.seq > seq)
}

/** A run just asked for goes first, for its tab is waiting; then those that somebody can see. */
function rankOf({ isKnown, views }: Feed): number {
  if (!isKnown) return 2
  return [...views.values()].some(({ isVisible }) => isVisible) ? 1 : 0
}

function ping(hub: Hub): void {
  hub.cancelPing = null
  for (const tab of [...hub.tabs]) {
    if (tab.isAsked) forget(hub, tab)
    else {
      tab.isAsked = true
      tab.post({ type: 'ping' })
    }
  }
  if (hub.tabs.size > 0) hub.cancelPing = hub.browser.timers.set(() => ping(hub), PING_INTERVAL)
}

function forget(hub: Hub, tab: Tab): void {
  for (const view of [...tab.views.keys()]) leave(hub, tab, view)
  tab.post({ type: 'forgotten' })
}
