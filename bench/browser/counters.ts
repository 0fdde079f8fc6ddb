import type { Browser, Page } from 'playwright-core'

/** Milliseconds of processor time on the main thread of a page, from the counters of the browser. */
export interface MainThreadTimes {
  /** All tasks. */
  untraced: number
  /** Script, style and layout: what the page asks for. The browser needs the rest for painting and for itself. */
  asked: number
}

const ASKED = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']

/** Counts what the main thread of `page` does during `work`. A trace tells more, and takes a fifth more time. */
export async function countersOf(
  _: Browser,
  page: Page,
  work: () => Promise<void>,
): Promise<MainThreadTimes> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return new Map(metrics.map(({ name, value }) => [name, value * 1000]))
  }
  const before = await read()
  await work()
  const after = await read()
  await session.detach()
  const spent = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
  return {
    untraced: spent('TaskDuration'),
    asked: ASKED.reduce((sum, name) => sum + spent(name), 0),
  }
}
