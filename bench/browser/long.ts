import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { lastReply, newPerson } from '../../test/e2e/browser.ts'
import { temporaryFolder } from '../../test/harness/folder.ts'
import { settingsOf } from '../../test/harness/server.ts'
import { createUpstream } from '../../test/upstream/upstream.ts'
import { seedHistory } from '../harness/seed.ts'
import { percentile } from '../harness/statistics.ts'
import { mixedReply } from './replyText.ts'
import { serve, slowDown } from './subjects.ts'

/** The figures of a long conversation that is opened and scrolled. */
export interface LongConversation {
  messages: number
  slowdown: number
  /** From the start of the navigation until its last messages can be read, in milliseconds. */
  opened: number
  /** The time between two frames while it scrolls, in milliseconds. */
  frameP50: number
  frameP95: number
  /** The share of the samples in which a message on the screen was not drawn. */
  blank: number
}

const MESSAGES = 1000
const SETTLE_MS = 2000
const FRAMES = 300
/** Samples the screen only every so many frames, because sampling takes time too. */
const LOOK_EACH = 10
/** A fast swipe: 3,600 pixels a second at 60 frames. */
const PIXELS_A_FRAME = 60

/** Opens a conversation of a thousand messages with an empty cache, and scrolls up in it. */
export async function longConversation(
  browser: Browser,
  { checkout, slowdown }: { checkout: string; slowdown: number },
): Promise<LongConversation> {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const settings = settingsOf({ upstream }, folder)
  const first = await serve(checkout, settings)
  await using person = await newPerson(browser, { url: first.url })
  const cookies = await person.context.cookies()
  const ownerId = cookies.map(({ value }) => /^[\da-f-]{36}/.exec(value)?.[0]).find(Boolean) ?? ''
  await first[Symbol.asyncDispose]()
  const file = (settings['DATABASE_URL'] ?? '').replace(/^file:/, '')
  const [id] = await seedHistory({
    file,
    ownerId,
    conversations: 1,
    messages: MESSAGES,
    reply: mixedReply(1),
  })
  await using server = await serve(checkout, settings)
  const page = await person.context.newPage()
  await slowDown(page, slowdown)
  await page.goto(`${server.url}/c/${id}`, { waitUntil: 'commit' })
  await lastReply(page).getByText('Fim da resposta.').waitFor({ timeout: 60_000 })
  const opened = await page.evaluate<number>('performance.now()')
  await delay(SETTLE_MS)
  const { gaps, blank } = await scrolled(page)
  return {
    messages: MESSAGES,
    slowdown,
    opened,
    frameP50: percentile(gaps, 0.5),
    frameP95: percentile(gaps, 0.95),
    blank: (blank * LOOK_EACH) / FRAMES,
  }
}

function scrolled(page: Page): Promise<{ gaps: number[]; blank: number }> {
  return page.evaluate(
    async ({ frames, pixels, lookEach }) => {
      const box = document.querySelector('[data-messages]') as HTMLElement
      const nextFrame = () => new Promise<number>(resolve => requestAnimationFrame(resolve))
      const isBlank = () => {
        const { top, bottom, left } = box.getBoundingClientRect()
        const rows = [top + 1, (top + bottom) / 2, bottom - 1].map(y =>
          document.elementFromPoint(left + box.clientWidth / 2, y)?.closest('[data-message]'),
        )
        return rows.some(row => row && !(row as HTMLElement).dataset['drawn'])
      }
      const gaps: number[] = []
      let blank = 0
      let last = await nextFrame()
      for (let frame = 0; frame < frames; frame++) {
        box.scrollTop -= pixels
        const at = await nextFrame()
        gaps.push(at - last)
        last = at
        if (frame % lookEach === 0 && isBlank()) blank += 1
      }
      return { gaps, blank }
    },
    { frames: FRAMES, pixels: PIXELS_A_FRAME, lookEach: LOOK_EACH },
  )
}
