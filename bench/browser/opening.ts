import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'

/** How a page opens. */
export interface Opening {
  /** The time until the first paint, in milliseconds. */
  firstPaint: number
  /** The cumulative layout shift while the page opened. It has no unit. */
  shift: number
}

const SETTLE_MS = 3000
const OBSERVE = `
  window.shift = 0
  new PerformanceObserver(list => { for (const { value } of list.getEntries()) window.shift += value })
    .observe({ type: 'layout-shift', buffered: true })
`

/** Opens `page` again with an empty cache. */
export async function openingOf(page: Page): Promise<Opening> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.clearBrowserCache')
  await page.addInitScript(OBSERVE)
  await page.reload()
  await delay(SETTLE_MS)
  return page.evaluate<Opening>(
    `({ firstPaint: performance.getEntriesByName('first-contentful-paint')[0].startTime, shift: window.shift })`,
  )
}
