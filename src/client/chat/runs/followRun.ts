import { isContent, type StreamEvent } from '../../../protocol/events.ts'
import type { FollowOptions } from '../../streams/sharedStreams.ts'
import { type ChatContext, cancelRead, closeStream, findOpen, updateOpen } from '../chatContext.ts'
import type { When } from '../store.ts'
import { createDrawRhythm } from './drawRhythm.ts'
import { createPacer, type Pacer } from './pace.ts'
import { canPace } from './paceQueue.ts'
import { applyEvents } from './runReducer.ts'
import { runStarted } from './runStarted.ts'

/**
 * Follows a run, or sends the request that starts one, and shows its events in an open conversation. `context.onRunDone`
 * is called once, when nothing more comes and everything is shown.
 */
export function followRun(context: ChatContext, key: string, from: FollowOptions['from']): void {
  cancelRead(context, key)
  closeStream(context, key)
  const { browser } = context
  const pacer = createPacer({
    now: browser.timers.now,
    nextDraw: createDrawRhythm(browser.timers).nextDraw,
    isPaced: () => canPace && browser.isSmooth(),
    show: (events, when) => show(context, key, { events, when }),
  })
  context.pacers.set(key, pacer)
  const stream = context.follow({
    from,
    onEvents: events => receive(context, key, { events, pacer }),
    onConnection: connected => {
      updateOpen(context, key, open => ({
        ...open,
        outgoing: open.outgoing && { ...open.outgoing, waiting: !connected },
        run: open.run && { ...open.run, connected },
      }))
    },
    onDone: outcome => {
      if (outcome.type !== 'ended') pacer.flush()
      pacer.after(() => {
        context.streams.delete(key)
        context.onRunDone(key, outcome)
      })
    },
  })
  context.streams.set(key, stream)
}

function receive(
  context: ChatContext,
  key: string,
  { events, pacer }: { events: StreamEvent[]; pacer: Pacer },
): void {
  const at = context.browser.timers.now()
  context.buffering.arrived({ key, events, at, askedAt: findOpen(context, key)?.outgoing?.createdAt })
  pacer.push(events)
}

function show(
  context: ChatContext,
  key: string,
  { events, when }: { events: readonly StreamEvent[]; when: When },
): void {
  const before = findOpen(context, key)
  const onlyAdds = events.every(isContent)
  const now = context.browser.timers.now()
  updateOpen(context, key, open => applyEvents(open, events, now), onlyAdds ? when : 'now')
  const wasAsked = before?.outgoing || (before?.run && !before.run.start)
  if (wasAsked && findOpen(context, key)?.run?.start !== null) runStarted(context, before)
}
