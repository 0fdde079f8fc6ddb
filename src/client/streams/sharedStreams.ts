import type { StreamEvent } from '../../protocol/events.ts'
import type { Refusal } from '../api.ts'
import type { Browser } from '../browser.ts'
import type { ConnectionState, HubLink, MessageToTab, MessageToView, OpenHubLink } from './hubProtocol.ts'
import { localLink } from './localLink.ts'
import { createCursor, eventsOf, type Frame, type RunCursor, type RunPosition } from './runCursor.ts'
import { type FramesOutcome, openRunStream, type RunStream } from './runStream.ts'

/*
 * A tab's side of the streams that the tabs of a browser share.
 *
 * Each run that the tab follows is one view. A view is
 *   asking   while the tab sends the request that starts the run. The tab reads the answer itself, so the first words
 *            wait for no other request.
 *   shared   once the run has an id. The tab asks the hub for the run, over a link. When the hub says that the run comes
 *            in, the tab leaves the answer, because no tab keeps a connection of its own.
 *   over     when the run ends, or the view is closed.
 * Until the tab leaves the answer, frames come both ways. The view's cursor takes each event once.
 *
 * There is one link at a time. If it breaks, or is silent for ANSWER_LIMIT after a question, or for SILENCE_LIMIT at any
 * time, the tab opens it again. If it was silent from the start, the tab opens the next kind of link instead. The last
 * kind is a hub of this tab alone.
 */

/** Milliseconds. */
const ANSWER_LIMIT = 3_000
/** Milliseconds: two pings of the hub and some slack. */
const SILENCE_LIMIT = 25_000
/** Milliseconds. If a timer is later than this, the tab was frozen and could not hear anything. */
const SLEEP = 2_000

/** A POST that starts a run. It is safe to repeat, because its body has the id of the message or of the attempt. */
export interface RunRequest {
  path: string
  body: unknown
}

/** `gone`: nothing more comes over a stream, and the stored conversation says how the run ended. */
export type RunOutcome = { type: 'ended' } | { type: 'gone' } | { type: 'refused'; refusal: Refusal }

export interface FollowOptions {
  /** A request that starts a run, or a run already known, with the last `seq` applied. */
  from: RunRequest | RunPosition
  /** Events in order, each exactly once. A `snapshot` replaces everything before it. */
  onEvents(events: StreamEvent[]): void
  /** `false`: the connection is lost, and another try waits. `true`: the server answers again. */
  onConnection(connected: boolean): void
  /** Called at most once. Nothing is called after it, nor after `close`. */
  onDone(outcome: RunOutcome): void
}

export interface SharedStreams {
  /** Opens the link. The returned function ends everything. */
  start(): () => void
  /** Follows a run until it ends. Calls nothing back before it returns. */
  follow(options: FollowOptions): RunStream
}

interface View {
  id: string
  cursor: RunCursor
  options: FollowOptions
  /** The answer to the request, until the run comes from the hub. */
  answer: RunStream | null
}

/** The streams of one tab. */
interface TabStreams {
  browser: Browser
  links: readonly OpenHubLink[]
  /** The index of the link in use. */
  kind: number
  link: HubLink | null
  /** The link has brought a message. */
  isHeard: boolean
  views: Map<string, View>
  cancelWatch: () => void
}

/** Follows runs over the first of `links` that works. If none does, this tab reads for itself. */
export function createSharedStreams(browser: Browser, links: readonly OpenHubLink[]): SharedStreams {
  const streams: TabStreams = {
    browser,
    links: [...links, localLink(browser)],
    kind: 0,
    link: null,
    isHeard: false,
    views: new Map(),
    cancelWatch: () => {},
  }
  return { start: () => start(streams), follow: options => follow(streams, options) }
}

function start(streams: TabStreams): () => void {
  openLink(streams)
  const stopHiding = streams.browser.events.onHide(isGone => hide(streams, isGone))
  return () => {
    stopHiding()
    for (const view of [...streams.views.values()]) close(streams, view)
    dropLink(streams)
  }
}

function follow(streams: TabStreams, options: FollowOptions): RunStream {
  const { from } = options
  const position = 'runId' in from ? from : null
  const view: View = { id: streams.browser.createId(), cursor: createCursor(position), options, answer: null }
  streams.views.set(view.id, view)
  if ('runId' in from) askHub(streams, view)
  else view.answer = ask(streams, view, from)
  return {
    wake: () => {
      if (view.cursor.position) askHub(streams, view)
      else view.answer?.wake()
    },
    close: () => close(streams, view),
  }
}

/** Sends the request that starts a run, and reads the answer. */
function ask(streams: TabStreams, view: View, { path, body }: RunRequest): RunStream {
  const { browser } = streams
  return openRunStream({
    browser,
    isVisible: browser.events.isVisible,
    request: () => ({ method: 'POST', path, body }),
    onFrames: runs => {
      const wasNamed = view.cursor.position !== null
      const frames = runs.flatMap(run => run.frames)
      const taken = take(streams, view, frames)
      if (!wasNamed) askHub(streams, view)
      return taken
    },
    onConnection: connected => {
      if (connected || !view.cursor.position) return view.options.onConnection(connected)
      // The answer is lost, but the run has an id: the hub brings the rest, and says whether it can.
      leaveAnswer(view)
      askHub(streams, view)
    },
    onRefused: refusal => finish(streams, view, { type: 'refused', refusal }),
  })
}

/** Asks the hub for what comes after the view's position, if the run has an id. */
function askHub(streams: TabStreams, view: View): void {
  const { browser, link, views } = streams
  const { position } = view.cursor
  if (!position || !link || !views.has(view.id)) return
  watch(streams, ANSWER_LIMIT)
  link.post({ type: 'follow', view: view.id, position, isVisible: browser.events.isVisible() })
}

function leaveAnswer(view: View): void {
  view.answer?.close()
  view.answer = null
}

function take(streams: TabStreams, view: View, frames: readonly Frame[]): FramesOutcome {
  const { taken, state } = view.cursor.take(frames)
  const events = eventsOf(taken)
  if (events.length > 0) view.options.onEvents(events)
  if (state === 'ended') finish(streams, view, { type: 'ended' })
  if (state === 'broken') return 'broken'
  return taken.length > 0 ? 'progress' : 'nothing'
}

function finish(streams: TabStreams, view: View, outcome: RunOutcome): void {
  if (!streams.views.has(view.id)) return
  close(streams, view)
  view.options.onDone(outcome)
}

function close(streams: TabStreams, view: View): void {
  const { link, views } = streams
  if (!views.delete(view.id)) return
  leaveAnswer(view)
  if (view.cursor.position) link?.post({ type: 'leave', view: view.id })
  if (viewsOfHub(streams).length > 0) return
  streams.cancelWatch()
  link?.rest()
}

function hear(streams: TabStreams, message: MessageToTab): void {
  streams.isHeard = true
  watch(streams, SILENCE_LIMIT)
  if (message.type === 'ping') streams.link?.post({ type: 'here' })
  else if (message.type === 'forgotten') askHubForAll(streams)
  else {
    const view = streams.views.get(message.view)
    if (view) hearOf(streams, view, message)
  }
}

function hearOf(streams: TabStreams, view: View, message: MessageToView): void {
  if (message.type === 'done') finish(streams, view, { type: 'gone' })
  else if (message.type === 'connection') hearConnection(view, message.state)
  else if (take(streams, view, message.frames) === 'broken') askHub(streams, view)
}

/** While the tab reads the answer, the state of the hub's connection is no concern of the view. */
function hearConnection(view: View, state: ConnectionState): void {
  if (state === 'live') leaveAnswer(view)
  if (state !== 'asking' && !view.answer) view.options.onConnection(state === 'live')
}

/** A page that is gone leaves its runs, because it may never come back. */
function hide({ link, views }: TabStreams, isGone: boolean): void {
  if (!isGone) link?.post({ type: 'hidden' })
  else for (const id of views.keys()) link?.post({ type: 'leave', view: id })
}

function watch(streams: TabStreams, limit: number): void {
  streams.cancelWatch()
  if (viewsOfHub(streams).length === 0) return
  const { timers } = streams.browser
  const due = timers.now() + limit
  const onTimer = () => (timers.now() > due + SLEEP ? watch(streams, limit) : broken(streams))
  streams.cancelWatch = timers.set(onTimer, limit)
}

function openLink(streams: TabStreams): void {
  const { links } = streams
  for (; streams.kind < links.length; streams.kind++) {
    let isDropped = false
    const link = links[streams.kind]?.({
      onMessage: message => {
        if (!isDropped) hear(streams, message)
      },
      onBroken: () => {
        if (!isDropped) broken(streams)
      },
    })
    if (!link) continue
    streams.link = {
      ...link,
      close: () => {
        isDropped = true
        link.close()
      },
    }
    return
  }
}

function dropLink(streams: TabStreams): void {
  streams.cancelWatch()
  streams.link?.close()
  streams.link = null
}

function broken(streams: TabStreams): void {
  dropLink(streams)
  if (!streams.isHeard) streams.kind += 1
  streams.isHeard = false
  openLink(streams)
  askHubForAll(streams)
}

function askHubForAll(streams: TabStreams): void {
  for (const view of viewsOfHub(streams)) askHub(streams, view)
}

function viewsOfHub({ views }: TabStreams): View[] {
  return [...views.values()].filter(({ cursor }) => cursor.position !== null)
}
