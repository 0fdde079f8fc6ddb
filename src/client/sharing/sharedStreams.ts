import type { StreamEvent } from '../../protocol/events.ts'
import type { Browser } from '../browser.ts'
import { createCursor, eventsOf, type Frame, type RunCursor, type RunPosition } from '../runCursor.ts'
import { openRunStream, type RunRequest, type RunStream, type RunStreamOutcome } from '../runStream.ts'
import type { Link, OpenLink, ToTab, ToView } from './messages.ts'

/*
 * A tab's side of the streams that the tabs of a browser share.
 *
 * Each run that is followed is one view. It is `asking` while the request that starts the run is on its way, over a
 * connection of this tab; `shared` once the run has a name, when it comes from the hub over a link; or `alone`, over a
 * connection of this tab again, where there is no link. It ends when its run does, or is closed. The cursor of a view
 * takes each event once, so that it may be handed from one to the other, and frames may come twice.
 *
 * There is one link. One that breaks, or says nothing for ANSWER_LIMIT after a question, or for SILENCE_LIMIT, is
 * opened again; one that never said anything gives way to the next kind of link, and the last kind to `alone`.
 */

/** Milliseconds. */
const ANSWER_LIMIT = 3_000
/** Milliseconds: two of the hub's questions and some slack. */
const SILENCE_LIMIT = 25_000
/** Milliseconds: a timer that comes so late was held by a frozen tab, which could not have heard anything. */
const SLEEP = 2_000

export interface FollowOptions {
  /** A request that starts a run, or a run already known, with the last `seq` applied. */
  from: RunRequest | RunPosition
  /** Events in order, each exactly once. A `snapshot` replaces everything before it. */
  onEvents(events: StreamEvent[]): void
  /** `false` when the connection was lost and another try waits, `true` when the server answers again. */
  onConnection(connected: boolean): void
  /** Called at most once; nothing is called after it, nor after `close`. */
  onDone(outcome: RunStreamOutcome): void
}

export interface SharedStreams {
  /** Opens the link. The returned function ends everything. */
  start(): () => void
  /** Follows a run until it ends. Calls nothing back before it has returned. */
  follow(options: FollowOptions): RunStream
}

interface View {
  id: string
  cursor: RunCursor
  options: FollowOptions
  /** While `asking` or `alone`. */
  stream: RunStream | null
}

interface Sharing {
  browser: Browser
  links: readonly OpenLink[]
  /** Which of `links` is in use. */
  kind: number
  link: Link | null
  /** The link has said something. */
  isHeard: boolean
  views: Map<string, View>
  cancelWatch: () => void
}

/** Shares runs over the first of `links` that works; with none, each run has its own connection. */
export function createSharedStreams(browser: Browser, links: readonly OpenLink[]): SharedStreams {
  const sharing: Sharing = {
    browser,
    links,
    kind: 0,
    link: null,
    isHeard: false,
    views: new Map(),
    cancelWatch: () => {},
  }
  return { start: () => start(sharing), follow: options => follow(sharing, options) }
}

function start(sharing: Sharing): () => void {
  openLink(sharing)
  const stopHiding = sharing.browser.events.onHide(isGone => hide(sharing, isGone))
  return () => {
    stopHiding()
    for (const view of [...sharing.views.values()]) close(sharing, view)
    dropLink(sharing)
  }
}

function follow(sharing: Sharing, options: FollowOptions): RunStream {
  const position = 'runId' in options.from ? options.from : null
  const view: View = { id: sharing.browser.createId(), cursor: createCursor(position), options, stream: null }
  sharing.views.set(view.id, view)
  if (position) share(sharing, view)
  else connect(sharing, view)
  return {
    wake: () => {
      if (view.stream) view.stream.wake()
      else share(sharing, view)
    },
    close: () => close(sharing, view),
  }
}

/** Over a connection of this tab: to ask for the run, or for lack of a link. */
function connect(sharing: Sharing, view: View): void {
  view.stream = openRunStream({
    browser: sharing.browser,
    from: view.cursor.position ?? view.options.from,
    onFrames: frames => {
      take(sharing, view, frames)
      if (sharing.link) share(sharing, view)
    },
    onConnection: view.options.onConnection,
    onDone: outcome => finish(sharing, view, outcome),
  })
}

/** From the hub, from the view's position on. */
function share(sharing: Sharing, view: View): void {
  const { browser, link, views } = sharing
  const { position } = view.cursor
  if (!position || !views.has(view.id)) return
  view.stream?.close()
  view.stream = null
  if (!link) {
    connect(sharing, view)
    return
  }
  watch(sharing, ANSWER_LIMIT)
  link.post({ type: 'follow', view: view.id, position, isVisible: browser.events.isVisible() })
}

function take(sharing: Sharing, view: View, frames: readonly Frame[]): void {
  const { taken, state } = view.cursor.take(frames)
  const events = eventsOf(taken)
  if (events.length > 0) view.options.onEvents(events)
  if (state === 'ended') finish(sharing, view, { type: 'ended' })
  if (state === 'broken') share(sharing, view)
}

function finish(sharing: Sharing, view: View, outcome: RunStreamOutcome): void {
  if (!sharing.views.has(view.id)) return
  close(sharing, view)
  view.options.onDone(outcome)
}

function close(sharing: Sharing, view: View): void {
  const { link, views } = sharing
  if (!views.delete(view.id)) return
  if (view.stream) view.stream.close()
  else link?.post({ type: 'leave', view: view.id })
  if (sharedViews(sharing).length > 0) return
  sharing.cancelWatch()
  link?.rest()
}

function hear(sharing: Sharing, message: ToTab): void {
  sharing.isHeard = true
  watch(sharing, SILENCE_LIMIT)
  if (message.type === 'ping') sharing.link?.post({ type: 'here' })
  else if (message.type === 'forgotten') shareAll(sharing)
  else {
    const view = sharing.views.get(message.view)
    if (view?.stream === null) hearOf(sharing, view, message)
  }
}

function hearOf(sharing: Sharing, view: View, message: ToView): void {
  if (message.type === 'frames') take(sharing, view, message.frames)
  else if (message.type === 'connection') view.options.onConnection(message.connected)
  else finish(sharing, view, { type: 'gone' })
}

/** A view nobody can see gives way to others. A page that is left may never come back: it leaves them all. */
function hide({ link, views }: Sharing, isGone: boolean): void {
  if (!isGone) link?.post({ type: 'hidden' })
  else for (const id of views.keys()) link?.post({ type: 'leave', view: id })
}

function watch(sharing: Sharing, limit: number): void {
  sharing.cancelWatch()
  if (sharedViews(sharing).length === 0) return
  const { timers } = sharing.browser
  const due = timers.now() + limit
  const onTimer = () => (timers.now() > due + SLEEP ? watch(sharing, limit) : broken(sharing))
  sharing.cancelWatch = timers.set(onTimer, limit)
}

function openLink(sharing: Sharing): void {
  const { links } = sharing
  for (; sharing.kind < links.length; sharing.kind++) {
    let isDropped = false
    const link = links[sharing.kind]?.({
      onMessage: message => {
        if (!isDropped) hear(sharing, message)
      },
      onBroken: () => {
        if (!isDropped) broken(sharing)
      },
    })
    if (!link) continue
    sharing.link = {
      ...link,
      close: () => {
        isDropped = true
        link.close()
      },
    }
    return
  }
}

function dropLink(sharing: Sharing): void {
  sharing.cancelWatch()
  sharing.link?.close()
  sharing.link = null
}

function broken(sharing: Sharing): void {
  dropLink(sharing)
  if (!sharing.isHeard) sharing.kind += 1
  sharing.isHeard = false
  openLink(sharing)
  shareAll(sharing)
}

function shareAll(sharing: Sharing): void {
  for (const view of sharedViews(sharing)) share(sharing, view)
}

function sharedViews({ views }: Sharing): View[] {
  return [...views.values()].filter(({ stream }) => stream === null)
}
