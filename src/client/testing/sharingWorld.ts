import { foldEvent } from '../../protocol/events.ts'
import { composeParts, textOf } from '../../protocol/parts.ts'
import type { Timers } from '../browser.ts'
import type { OpenLink, ToHub, ToTab } from '../streams/hubProtocol.ts'
import { createSharedStreams, type RunStreamOutcome } from '../streams/sharedStreams.ts'
import { createStreamHub } from '../streams/streamHub.ts'
import { createManualTimers } from './manualTimers.ts'
import { createRunServer } from './runServer.ts'
import { createTestBrowser, type TestBrowser } from './testBrowser.ts'

/** What one tab shows of one run. */
export interface ShownRun {
  runId: string
  /** Of the first event it did not have. */
  from: number
  text(): string
  connections: boolean[]
  outcomes: RunStreamOutcome[]
  wake(): void
  close(): void
}

export interface SharingTab {
  browser: Pick<TestBrowser, 'hide'>
  /** Follows a run from event `seq` on, with the text before it on the screen. */
  show(runId: string, seq: number): ShownRun
  /** Nothing reaches it, and it says nothing, until it thaws. */
  freeze(): void
  thaw(): void
  /** It takes its link for dead, and opens another. */
  breakLink(): void
  /** Its page goes; `suddenly`, without a last word. */
  leave(suddenly: boolean): void
}

/** Tabs that share one hub, over ports that pass messages in order and not at once. */
export function createSharingWorld(runIds: readonly string[], words: number) {
  const timers = createManualTimers()
  const server = createRunServer(runIds, words)
  const surroundings = { fetch: server.fetch, timers, random: () => 0.5 }
  const hub = createStreamHub({ browser: surroundings })

  function openTab(): SharingTab {
    let isFrozen = false
    let isGone = false
    let held: (() => void)[] = []
    const pass = (work: () => void) => {
      if (isFrozen) held.push(work)
      else if (!isGone) setImmediate(work)
    }
    let breakLink: () => unknown = () => {}
    const link: OpenLink = ({ onMessage, onBroken }) => {
      let isHeard = false
      const hear = (message: ToTab) => {
        isHeard = true
        onMessage(structuredClone(message))
      }
      const receive = hub.connect(message => pass(() => hear(message)))
      // One that never said anything would give way to a hub of this tab alone.
      breakLink = () => isHeard && onBroken()
      return { post: (message: ToHub) => pass(() => receive(message)), rest: () => {}, close: () => {} }
    }
    const ownTimers: Timers = {
      now: timers.now,
      set: (callback, milliseconds) => {
        let isOver = false
        const cancel = timers.set(() => pass(() => !isOver && callback()), milliseconds)
        return () => {
          isOver = true
          cancel()
        }
      },
    }
    const browser = { ...createTestBrowser({ fetch: server.fetch }), ...surroundings, timers: ownTimers }
    const shared = createSharedStreams(browser, [link])
    const stop = shared.start()
    return {
      browser,
      show: (runId, seq) => showRun(shared, { runId, seq }, server.text(runId, seq)),
      freeze: () => {
        isFrozen = true
      },
      thaw: () => {
        isFrozen = false
        const works = held
        held = []
        for (const work of works) pass(work)
      },
      breakLink: () => void breakLink(),
      leave: suddenly => {
        isGone = suddenly
        held = []
        isFrozen = false
        stop()
        isGone = true
      },
    }
  }

  return { server, timers, hub, openTab }
}

function showRun(
  shared: ReturnType<typeof createSharedStreams>,
  position: { runId: string; seq: number },
  text: string,
): ShownRun {
  const parts = composeParts({ content: text })
  const connections: boolean[] = []
  const outcomes: RunStreamOutcome[] = []
  const stream = shared.follow({
    from: position,
    onEvents: events => {
      for (const event of events) foldEvent(parts, event)
    },
    onConnection: connected => connections.push(connected),
    onDone: outcome => outcomes.push(outcome),
  })
  return {
    runId: position.runId,
    from: position.seq + 1,
    text: () => textOf(parts),
    connections,
    outcomes,
    ...stream,
  }
}
