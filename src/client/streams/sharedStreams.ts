import type { StreamEvent } from '../../protocol/events.ts'
import type { Browser } from '../browser.ts'
import type { Refusal } from '../chat/api.ts'
import type { ConnectionState, Link, OpenLink, ToTab, ToView } from './hubProtocol.ts'
import { localLink } from './localLink.ts'
import { createCursor, eventsOf, type Frame, type RunCursor, type RunPosition } from './runCursor.ts'
import { openRunStream, type RunStream, type Taken } from './runStream.ts'

/*
 * A tab's side of the streams that the tabs of a browser share.
 *
 * Each run that is followed is one view. It is `asking` while the request that starts the run is on its way, over a
 * connection of this tab; once the run has a name it is `shared`, and comes from the hub over a link. The answer to the
 * request goes on being read until the hub says that the run comes in: the first words wait for no other request, and
 * no tab keeps a connection. A view ends when its run does, or is closed. Its cursor takes each event once, so that
 * frames may come both ways, and twice.
 *
 * There is one link. One that breaks, or says nothing for ANSWER_LIMIT after a question, or for SILENCE_LIMIT, is
 * opened again; one that never said anything gives way to the next kind of link. The last kind is a hub of this tab
 * alone.
 */

/** Milliseconds. */
const ANSWER_LIMIT = 3_000
/** Milliseconds: two of the hub's questions and some slack. */
const SILENCE_LIMIT = 25_000
/** Milliseconds: a timer that comes so late was held by a frozen tab, which could not have heard anything. */
const SLEEP = 2_000

/** A POST that starts a run; safe to repeat, because its body names the message or the attempt. */
export interface RunRequest {
  path: string
  body: unknown
}

/** `gone`: nothing will follow here, and the conversation says how the run ended. */
export type RunStreamOutcome = { type: 'ended' } | { type: 'gone' } | { type: 'refused'; refusal: Refusal }

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
  /** The answer to the request, until the hub has the run. */
  answer: RunStream | null
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

/** Shares runs over the first of `links` that works; with none, this tab reads for itself. */
export function createSharedStreams(browser: Browser, links: readonly OpenLink[]): SharedStreams {
  const sharing: Sharing = {
    browser,
    links: [...links, localLink(browser)],
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
  const { from } = options
  const position = 'runId' in from ? from : null
  const view: View = { id: sharing.browser.createId(), cursor: createCursor(position), options, answer: null }
  sharing.views.set(view.id, view)
  if ('runId' in from) share(sharing, view)
  else view.answer = ask(sharing, view, from)
  return {
    wake: () => {
      if (view.cursor.position) share(sharing, view)
      else view.answer?.wake()
    },
    close: () => close(sharing, view),
  }
}

/** Asks for the run over a connection of this tab. */
function ask(sharing: Sharing, view: View, { path, body }: RunRequest): RunStream {
  const { browser } = sharing
  return openRunStream({
    browser,
    isVisible: browser.events.isVisible,
    request: () => ({ method: 'POST', path, body }),
    onFrames: runs => {
      const wasNamed = view.cursor.position !== null
      const frames = runs.flatMap(run => run.frames)
      const taken = take(sharing, view, frames)
      if (!wasNamed) share(sharing, view)
      return taken
    },
    onConnection: connected => {
      if (connected || !view.cursor.position) return view.options.onConnection(connected)
      // What is missing of a run with a name, the hub brings; it also says whether it can.
      leaveAnswer(view)
      share(sharing, view)
    },
    onRefused: refusal => finish(sharing, view, { type: 'refused', refusal }),
  })
}

/** Has the hub send what comes after the view's position, once it has one. */
function share(sharing: Sharing, view: View): void {
  const { browser, link, views } = sharing
  const { position } = view.cursor
  if (!position || !link || !views.has(view.id)) return
  watch(sharing, ANSWER_LIMIT)
  link.post({ type: 'follow', view: view.id, position, isVisible: browser.events.isVisible() })
}

function leaveAnswer(view: View): void {
  view.answer?.close()
  view.answer = null
}

function take(sharing: Sharing, view: View, frames: readonly Frame[]): Taken {
  const { taken, state } = view.cursor.take(frames)
  const events = eventsOf(taken)
  if (events.length > 0) view.options.onEvents(events)
  if (state === 'ended') finish(sharing, view, { type: 'ended' })
  if (state === 'broken') return 'broken'
  return taken.length > 0 ? 'progress' : 'nothing'
}

function finish(sharing: Sharing, view: View, outcome: RunStreamOutcome): void {
  if (!sharing.views.has(view.id)) return
  close(sharing, view)
  view.options.onDone(outcome)
}

function close(sharing: Sharing, view: View): void {
  const { link, views } = sharing
  if (!views.delete(view.id)) return
  leaveAnswer(view)
  if (view.cursor.position) link?.post({ type: 'leave', view: view.id })
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
    if (view) hearOf(sharing, view, message)
  }
}

function hearOf(sharing: Sharing, view: View, message: ToView): void {
  if (message.type === 'done') finish(sharing, view, { type: 'gone' })
  else if (message.type === 'connection') hearConnection(view, message.state)
  else if (take(sharing, view, message.frames) === 'broken') share(sharing, view)
}

/** While its answer is read, a view needs no hub. */
function hearConnection(view: View, state: ConnectionState): void {
  if (state === 'live') leaveAnswer(view)
  if (state !== 'asking' && !view.answer) view.options.onConnection(state === 'live')
}

/** A page that is left may never come back: it leaves its runs. */
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
  return [...views.values()].filter(({ cursor }) => cursor.position !== null)
}
