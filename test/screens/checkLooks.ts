import { expect } from 'vitest'
import { CATALOGUES } from '../../src/react/i18n/catalogues.ts'
import { expectAccessible, expectReadable } from '../e2e/page.ts'
import type { SharedWorld } from '../e2e/sharedWorld.ts'
import type { World } from '../harness/server.ts'
import type { State } from './state.ts'

const WIDTHS = [360, 390, 1440, 2560]
/** Above it the layout is the same, only larger. */
const WIDEST_FOR_AXE = 1440
/** Beside that of the start page: light. */
const LOOKS = [
  { colorScheme: 'dark', contrast: 'no-preference' },
  { colorScheme: 'light', contrast: 'more' },
] as const

/** Rules of axe that do not hold in a state. */
const WITHOUT: Readonly<Record<string, readonly string[]>> = {
  // A menu belongs to its button, and to no landmark.
  menu: ['region'],
  // The dialog is scrolled, and a switch lies half below its title. The state `settings` has the size of all switches.
  erase: ['target-size'],
}

/**
 * Shows a state, as it is drawn in `states`, and looks at it at every width, by day and by night, and with high contrast:
 * nothing is cut off sideways, and axe finds nothing wrong. `at` is the server to ask: the shared one unless it is given.
 */
export async function checkLooks(
  world: SharedWorld,
  states: readonly State[],
  at: World = world,
): Promise<void> {
  const [state = expect.unreachable('no such state')] = states
  const { page } = await world.visit({
    url: at.server.url,
    width: state.widths[0] ?? 390,
    reducedMotion: 'reduce',
  })
  await state.show(page, at, CATALOGUES['pt-BR'])
  const widths = new Set(states.flatMap(({ widths }) => widths))
  const without = WITHOUT[state.name] ?? []
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow, `at ${width}`).toBeLessThanOrEqual(0)
    if (widths.has(width) && width <= WIDEST_FOR_AXE) await expectAccessible(page, `at ${width}`, without)
  }
  for (const look of LOOKS) {
    await page.emulateMedia(look)
    await expectReadable(page, `${look.colorScheme}, contrast ${look.contrast}`)
  }
}
