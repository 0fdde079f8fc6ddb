import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTabsWorld, type ShownRun, type WorldTab } from '../testing/tabsWorld.ts'

const WORDS = 12
/** Milliseconds after which a run that was added has been asked for. */
const CHANGEOVER = 50
const RUNS = Array.from({ length: 10 }, (_, index) => `r${index}`)

async function growToEnd({ server, timers }: ReturnType<typeof createTabsWorld>, runId: string) {
  while (server.grow(runId)) await timers.advance(0)
}

test('a run that ten tabs follow is read once, and each tab gets each event once', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const shown = Array.from({ length: 10 }, () => world.openTab().show('r0', 1))
  await world.timers.advance(0)
  await growToEnd(world, 'r0')
  await world.timers.advance(0)
  for (const run of shown) {
    expect(run.text()).toBe(world.server.text('r0', WORDS + 1))
    expect(run.outcomes).toEqual([{ type: 'ended' }])
  }
  expect(world.server.requests).toEqual([['r0']])
  expect(world.hub.isIdle()).toBe(true)
})

test('a tab that comes late gets what it lacks from the hub, or from the server when the hub began later', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  for (let event = 0; event < 5; event++) world.server.grow('r0')
  const first = world.openTab().show('r0', 4)
  await world.timers.advance(CHANGEOVER)
  const second = world.openTab().show('r0', 5)
  await world.timers.advance(CHANGEOVER)
  expect(world.server.requests).toEqual([['r0']])
  const third = world.openTab().show('r0', 2)
  await world.timers.advance(CHANGEOVER)
  expect(world.server.requests).toEqual([['r0'], ['r0']])
  for (const run of [first, second, third]) expect(run.text()).toBe(world.server.text('r0', 6))
})

test('ten runs that ten tabs follow come in all at once, over one connection', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const shown = RUNS.map(runId => world.openTab().show(runId, 1))
  await world.timers.advance(CHANGEOVER)
  expect(world.server.requests).toEqual([['r0'], RUNS])
  for (let word = 2; word < WORDS; word++) {
    for (const runId of RUNS) world.server.grow(runId)
    await world.timers.advance(0)
    expect(shown.map(run => run.text())).toEqual(RUNS.map(runId => world.server.text(runId, word)))
    expect(world.server.open()).toBe(1)
  }
  for (const runId of RUNS) await growToEnd(world, runId)
  for (const run of shown) expect(run.outcomes).toEqual([{ type: 'ended' }])
  expect(world.server.requests.length).toBe(2)
  expect(world.server.most()).toBe(1)
  expect(world.server.open()).toBe(0)
})

test('runs asked for while the server has not answered are asked for together, once it has', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const answer = world.server.hold()
  const shown = RUNS.map(runId => world.openTab().show(runId, 1))
  await world.timers.advance(CHANGEOVER)
  expect(world.server.requests).toEqual([['r0']])
  answer()
  await world.timers.advance(CHANGEOVER)
  expect(world.server.requests).toEqual([['r0'], RUNS])
  for (const run of shown) expect(run.connections).toEqual(run === shown[0] ? [true, true] : [true])
})

test('a run that is left needs no request, and the last one that is left ends the connection', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const [first, second] = [world.openTab().show('r0', 1), world.openTab().show('r1', 1)]
  await world.timers.advance(CHANGEOVER)
  const asked = world.server.requests.length
  first.close()
  world.server.grow('r0')
  world.server.grow('r1')
  await world.timers.advance(CHANGEOVER)
  expect(second.text()).toBe(world.server.text('r1', 2))
  expect([world.server.requests.length, world.server.open()]).toEqual([asked, 1])
  second.close()
  await world.timers.advance(CHANGEOVER)
  expect(world.server.open()).toBe(0)
  const again = world.openTab().show('r0', 1)
  await world.timers.advance(CHANGEOVER)
  expect(again.text()).toBe(world.server.text('r0', 2))
})

test('a run followed again after it was left lacks nothing, though its connection never stopped', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const tab = world.openTab()
  world.openTab().show('r1', 1)
  const left = tab.show('r0', 1)
  await world.timers.advance(CHANGEOVER)
  left.close()
  for (let word = 0; word < 3; word++) world.server.grow('r0')
  await world.timers.advance(CHANGEOVER)
  const again = tab.show('r0', 2)
  await world.timers.advance(CHANGEOVER)
  world.server.grow('r0')
  await world.timers.advance(CHANGEOVER)
  expect(again.text()).toBe(world.server.text('r0', 5))
  expect(world.server.most()).toBe(1)
})

test('a run that the server does not know is gone, and the others go on', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const known = world.openTab().show('r0', 1)
  const unknown = world.openTab().show('r10', 0)
  await world.timers.advance(CHANGEOVER)
  expect(unknown.outcomes).toEqual([{ type: 'gone' }])
  await growToEnd(world, 'r0')
  await world.timers.advance(CHANGEOVER)
  expect(known.outcomes).toEqual([{ type: 'ended' }])
})

test('of more runs than one stream takes, those asked for last come first, and the others when there is room', async () => {
  const many = Array.from({ length: 53 }, (_, index) => `r${index}`)
  const world = createTabsWorld(many, WORDS)
  const shown = many.map(runId => world.openTab().show(runId, 1))
  for (const runId of many) world.server.grow(runId)
  await world.timers.advance(CHANGEOVER)
  expect(world.server.requests.at(-1)).toEqual(many.slice(3))
  expect(shown.slice(3).map(run => run.text())).toEqual(many.slice(3).map(id => world.server.text(id, 2)))
  for (const runId of many.slice(50)) await growToEnd(world, runId)
  await world.timers.advance(3 * CHANGEOVER)
  expect(world.server.requests.at(-1)).toEqual(many.slice(0, 50))
  for (const runId of many) await growToEnd(world, runId)
  await world.timers.advance(CHANGEOVER)
  for (const run of shown) expect(run.outcomes).toEqual([{ type: 'ended' }])
})

test('a hub that cannot reach the server asks more often while one of its tabs is seen', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const [front, back] = [world.openTab(), world.openTab()]
  const shown = [front.show('r0', 1), back.show('r1', 1)]
  await world.timers.advance(0)
  world.server.goAway(true)
  world.server.cut('r0')
  await world.timers.advance(25_000)
  world.server.goAway(false)
  await world.timers.advance(2_000)
  for (const run of shown) expect(run.connections.at(-1)).toBe(true)
  for (const tab of [front, back]) tab.browser.hide(false)
  await world.timers.advance(15_000)
  world.server.goAway(true)
  world.server.cut('r0')
  await world.timers.advance(25_000)
  world.server.goAway(false)
  await world.timers.advance(2_000)
  for (const run of shown) expect(run.connections.at(-1)).toBe(false)
})

test('a lost connection is told to every tab, and so is its return', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const shown = [world.openTab().show('r0', 1), world.openTab().show('r0', 1)]
  await world.timers.advance(0)
  world.server.cut('r0')
  await world.timers.advance(0)
  for (const run of shown) expect(run.connections.at(-1)).toBe(false)
  await world.timers.advance(1_000)
  for (const run of shown) expect(run.connections.at(-1)).toBe(true)
})

test('a tab that does not answer is forgotten, and one that was only frozen goes on where it was', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const frozen = world.openTab()
  const shown = frozen.show('r0', 1)
  await world.timers.advance(0)
  frozen.freeze()
  await world.timers.advance(20_000)
  expect(world.hub.isIdle()).toBe(true)
  expect(world.server.open()).toBe(0)
  await growToEnd(world, 'r0')
  frozen.thaw()
  await world.timers.advance(10_000)
  expect(shown.text()).toBe(world.server.text('r0', WORDS + 1))
  expect(shown.outcomes).toEqual([{ type: 'ended' }])
})

test('a tab frozen before the first answer goes on sharing when it thaws', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const tab = world.openTab()
  const other = world.openTab().show('r0', 1)
  await world.timers.advance(0)
  tab.freeze()
  const shown = tab.show('r0', 1)
  await world.timers.advance(6_000)
  tab.thaw()
  await world.timers.advance(0)
  await growToEnd(world, 'r0')
  await world.timers.advance(0)
  for (const run of [shown, other]) expect(run.text()).toBe(world.server.text('r0', WORDS + 1))
  expect(world.server.requests).toEqual([['r0']])
})

test('a tab that opened its link again keeps what it follows when the hub forgets the old one', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const tab = world.openTab()
  const shown = tab.show('r0', 1)
  await world.timers.advance(0)
  tab.breakLink()
  await world.timers.advance(20_000)
  await growToEnd(world, 'r0')
  expect(shown.text()).toBe(world.server.text('r0', WORDS + 1))
  expect(world.server.requests).toEqual([['r0']])
})

test('a page that is left holds nothing, and follows again when it comes back', async () => {
  const world = createTabsWorld(RUNS, WORDS)
  const tab = world.openTab()
  const shown = tab.show('r0', 1)
  await world.timers.advance(0)
  tab.browser.hide(true)
  await world.timers.advance(0)
  expect(world.server.open()).toBe(0)
  world.server.grow('r0')
  shown.wake()
  await world.timers.advance(0)
  expect(shown.text()).toBe(world.server.text('r0', 2))
})

const index = (below: number) => fc.nat(below - 1)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('show'),
      tab: index(4),
      run: index(RUNS.length),
      seq: fc.nat(WORDS),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('grow'), run: index(RUNS.length) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass'), time: fc.constantFrom(0, 0, 50, 300, 11_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('cut', 'snapshots', 'events'), run: index(RUNS.length) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('close', 'wake', 'freeze', 'thaw', 'hide', 'back', 'break', 'leave', 'die'),
      tab: index(4),
    }),
  },
) as fc.Arbitrary<{ do: string; tab?: number; run?: number; seq?: number; time?: number }>

test('each tab gets each event once and in order, whatever is added, left, cut, hidden, frozen or dies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 100, size: 'max' }), async steps => {
      const world = createTabsWorld(RUNS, WORDS)
      const tabs = Array.from({ length: 4 }, () => ({ tab: world.openTab(), shown: [] as ShownRun[] }))
      for (const each of steps) await play(world, tabs, each)
      for (const { tab } of tabs) tab.thaw()
      for (const runId of RUNS) await growToEnd(world, runId)
      await world.timers.advance(60_000)
      for (const { runId, from, text, outcomes } of tabs.flatMap(({ shown }) => shown)) {
        expect(text()).toBe(world.server.text(runId, WORDS + 2))
        expect(outcomes).toEqual([{ type: from > WORDS + 2 ? 'gone' : 'ended' }])
      }
      expect(world.server.most()).toBeLessThanOrEqual(1)
      expect(world.server.open()).toBe(0)
      expect(world.hub.isIdle()).toBe(true)
    }),
    { numRuns: 60 },
  )
})

type Tabs = { tab: WorldTab; shown: ShownRun[] }[]

async function play(
  { server, timers, openTab }: ReturnType<typeof createTabsWorld>,
  tabs: Tabs,
  {
    do: what,
    tab: tabIndex = 0,
    run = 0,
    seq = 0,
    time = 0,
  }: { do: string } & Partial<Record<'tab' | 'run' | 'seq' | 'time', number>>,
): Promise<void> {
  const runId = RUNS[run] as string
  const own = tabs[tabIndex] as Tabs[number]
  if (what === 'show') own.shown.push(own.tab.show(runId, Math.min(server.stored(runId), seq + 1)))
  if (what === 'grow') server.grow(runId)
  if (what === 'pass') await timers.advance(time)
  if (what === 'cut') server.cut(runId)
  if (what === 'snapshots' || what === 'events') server.answerBySnapshots(what === 'snapshots')
  if (what === 'close') own.shown.shift()?.close()
  if (what === 'wake' || what === 'back') for (const shown of own.shown) shown.wake()
  if (what === 'freeze') own.tab.freeze()
  if (what === 'thaw') own.tab.thaw()
  if (what === 'break') own.tab.breakLink()
  if (what === 'hide') own.tab.browser.hide(false)
  if (what === 'leave' || what === 'die') {
    own.tab.leave(what === 'die')
    tabs[tabIndex] = { tab: openTab(), shown: [] }
  }
}
