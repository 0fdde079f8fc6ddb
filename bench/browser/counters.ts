import type { Browser, Page } from 'playwright-core'

/** Milliseconds of processor time on the main thread of a page, by the browser's own counters. */
export interface Counted {
  /** In all of its tasks. */
  untraced: number
  /** Of that, in script, style and layout: what the page asks for. The rest the browser needs to paint, and for itself. */
  asked: number
}

const ASKED = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']

/** What the main thread of `page` does while `work` goes on. A trace tells more, and takes a fifth more time. */
export async function countersOf(_: Browser, page: Page, work: () => Promise<void>): Promise<Counted> {
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
