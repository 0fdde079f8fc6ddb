import { foldEvent } from '../../protocol/events.ts'
import { composeParts, textOf } from '../../protocol/parts.ts'
import type { Timers } from '../browser.ts'
import type { MessageToHub, MessageToTab, OpenHubLink } from '../streams/hubProtocol.ts'
import { createSharedStreams, type RunOutcome } from '../streams/sharedStreams.ts'
import { createStreamHub, type StreamHub } from '../streams/streamHub.ts'
import { createManualTimers } from './manualTimers.ts'
import { createRunServer } from './runServer.ts'
import { createTestBrowser, type TestBrowser } from './testBrowser.ts'

/** What one tab shows of one run. */
export interface ShownRun {
  runId: string
  /** The number of the first event that the tab did not have. */
  from: number
  text(): string
  connections: boolean[]
  outcomes: RunOutcome[]
  wake(): void
  close(): void
}

export interface WorldTab {
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

/** Tabs that share one hub. Messages between them and the hub arrive in order, and not at once. */
export function createTabsWorld(runIds: readonly string[], words: number) {
  const timers = createManualTimers()
  const server = createRunServer(runIds, words)
  const surroundings = { fetch: server.fetch, timers, random: () => 0.5 }
  const hub = createStreamHub({ browser: surroundings })

  function openTab(): WorldTab {
    const gate = createGate()
    const { link, breakLink } = createLink(hub, gate.pass)
    const ownTimers = createOwnTimers(timers, gate.pass)
    const browser = { ...createTestBrowser({ fetch: server.fetch }), ...surroundings, timers: ownTimers }
    const shared = createSharedStreams(browser, [link])
    const stop = shared.start()
    return {
      browser,
      show: (runId, seq) => showRun(shared, { runId, seq }, server.text(runId, seq)),
      freeze: gate.freeze,
      thaw: gate.thaw,
      breakLink,
      leave: suddenly => {
        if (suddenly) gate.close()
        gate.open()
        stop()
        gate.close()
      },
    }
  }

  return { server, timers, hub, openTab }
}

type Pass = (work: () => void) => void

/** What reaches a tab, and what it says, passes its gate. */
function createGate() {
  let isFrozen = false
  let isClosed = false
  let held: (() => void)[] = []
  const pass: Pass = work => {
    if (isFrozen) held.push(work)
    else if (!isClosed) setImmediate(work)
  }
  return {
    pass,
    freeze: () => {
      isFrozen = true
    },
    thaw: () => {
      isFrozen = false
      const works = held
      held = []
      for (const work of works) pass(work)
    },
    /** Lets everything pass from now on, and drops what was held. */
    open: () => {
      held = []
      isFrozen = false
    },
    close: () => {
      isClosed = true
    },
  }
}

function createLink(hub: StreamHub, pass: Pass) {
  let breakIt: () => unknown = () => {}
  const link: OpenHubLink = ({ onMessage, onBroken }) => {
    let isHeard = false
    const hear = (message: MessageToTab) => {
      isHeard = true
      onMessage(structuredClone(message))
    }
    const receive = hub.connect(message => pass(() => hear(message)))
    // A link that never said anything would give way to a hub of this tab alone.
    breakIt = () => isHeard && onBroken()
    return { post: (message: MessageToHub) => pass(() => receive(message)), rest: () => {}, close: () => {} }
  }
  return { link, breakLink: () => void breakIt() }
}

function createOwnTimers(timers: Timers, pass: Pass): Timers {
  return {
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
}

function showRun(
  shared: ReturnType<typeof createSharedStreams>,
  position: { runId: string; seq: number },
  text: string,
): ShownRun {
  const parts = composeParts({ content: text })
  const connections: boolean[] = []
  const outcomes: RunOutcome[] = []
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
