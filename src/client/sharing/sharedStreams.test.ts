import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSharingWorld, type SharingTab, type ShownRun } from '../testing/sharingWorld.ts'

const WORDS = 12
const RUNS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5']

async function growToEnd({ server, timers }: ReturnType<typeof createSharingWorld>, runId: string) {
  while (server.grow(runId)) await timers.advance(0)
}

test('a run that ten tabs follow is read once, and each tab gets each event once', async () => {
  const world = createSharingWorld(RUNS, WORDS)
  const shown = Array.from({ length: 10 }, () => world.openTab().show('r0', 1))
  await world.timers.advance(0)
  await growToEnd(world, 'r0')
  await world.timers.advance(0)
  for (const run of shown) {
    expect(run.text()).toBe(world.server.text('r0', WORDS + 1))
    expect(run.outcomes).toEqual([{ type: 'ended' }])
  }
  expect(world.server.requests).toEqual(['r0'])
  expect(world.hub.isIdle()).toBe(true)
})

test('a tab that comes late gets what it lacks from the hub, or from the server when the hub began later', async () => {
  const world = createSharingWorld(RUNS, WORDS)
  for (let event = 0; event < 5; event++) world.server.grow('r0')
  const first = world.openTab().show('r0', 4)
  await world.timers.advance(0)
  const second = world.openTab().show('r0', 5)
  await world.timers.advance(0)
  expect(world.server.requests).toEqual(['r0'])
  const third = world.openTab().show('r0', 2)
  await world.timers.advance(0)
  expect(world.server.requests).toEqual(['r0', 'r0'])
  for (const run of [first, second, third]) expect(run.text()).toBe(world.server.text('r0', 6))
})

test('six runs grow in turn over three connections, and a hidden one waits for those that can be seen', async () => {
  const world = createSharingWorld(RUNS, WORDS)
  const tabs = RUNS.map(() => world.openTab())
  const shown = tabs.map((tab, index) => tab.show(RUNS[index] as string, 1))
  await world.timers.advance(0)
  for (const runId of RUNS) world.server.grow(runId)
  await world.timers.advance(1_000)
  expect(shown.map(run => run.text())).toEqual(RUNS.map(runId => world.server.text(runId, 2)))
  expect(world.server.most()).toBe(3)
  for (const tab of tabs.slice(3)) tab.browser.hide(false)
  await world.timers.advance(0)
  const before = world.server.requests.length
  await world.timers.advance(2_000)
  expect(new Set(world.server.requests.slice(before + 3))).toEqual(new Set())
})

test('runs asked for all at once take every slot, and give them back', async () => {
  const world = createSharingWorld(RUNS, WORDS)
  const show = (runId: string) => world.openTab().show(runId, 1)
  const first = RUNS.slice(0, 3).map(show)
  await world.timers.advance(0)
  const second = RUNS.slice(3).map(show)
  await world.timers.advance(0)
  expect(world.server.requests.slice(3)).toEqual(RUNS.slice(3))
  for (const runId of RUNS) world.server.grow(runId)
  await world.timers.advance(1_000)
  for (const run of [...first, ...second]) expect(run.text()).toBe(world.server.text(run.runId, 2))
})

test('a lost connection is told to every tab, and so is its return', async () => {
  const world = createSharingWorld(RUNS, WORDS)
  const shown = [world.openTab().show('r0', 1), world.openTab().show('r0', 1)]
  await world.timers.advance(0)
  world.server.cut('r0')
  await world.timers.advance(0)
  for (const run of shown) expect(run.connections.at(-1)).toBe(false)
  await world.timers.advance(1_000)
  for (const run of shown) expect(run.connections.at(-1)).toBe(true)
})

test('a tab that does not answer is forgotten, and one that was only frozen goes on where it was', async () => {
  const world = createSharingWorld(RUNS, WORDS)
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
  const world = createSharingWorld(RUNS, WORDS)
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
  expect(world.server.requests).toEqual(['r0'])
})

test('a page that is left holds nothing, and follows again when it comes back', async () => {
  const world = createSharingWorld(RUNS, WORDS)
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
      do: fc.constantFrom('close', 'wake', 'freeze', 'thaw', 'hide', 'back', 'leave', 'die'),
      tab: index(4),
    }),
  },
) as fc.Arbitrary<{ do: string; tab?: number; run?: number; seq?: number; time?: number }>

test('each tab gets each event once and in order, whatever is cut, rotated, hidden, frozen or dies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 100, size: 'max' }), async steps => {
      const world = createSharingWorld(RUNS, WORDS)
      const tabs = Array.from({ length: 4 }, () => ({ tab: world.openTab(), shown: [] as ShownRun[] }))
      for (const each of steps) await play(world, tabs, each)
      for (const { tab } of tabs) tab.thaw()
      for (const runId of RUNS) await growToEnd(world, runId)
      await world.timers.advance(60_000)
      for (const { runId, from, text, outcomes } of tabs.flatMap(({ shown }) => shown)) {
        expect(text()).toBe(world.server.text(runId, WORDS + 2))
        expect(outcomes).toEqual([{ type: from > WORDS + 2 ? 'gone' : 'ended' }])
      }
      expect(world.server.most()).toBeLessThanOrEqual(3)
      expect(world.server.open()).toBe(0)
      expect(world.hub.isIdle()).toBe(true)
    }),
    { numRuns: 60 },
  )
})

type Tabs = { tab: SharingTab; shown: ShownRun[] }[]

async function play(
  { server, timers, openTab }: ReturnType<typeof createSharingWorld>,
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
  if (what === 'hide') own.tab.browser.hide(false)
  if (what === 'leave' || what === 'die') {
    own.tab.leave(what === 'die')
    tabs[tabIndex] = { tab: openTab(), shown: [] }
  }
}
