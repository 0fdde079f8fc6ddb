import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { ask, lastReply, newPerson, written } from '../../test/e2e/browser.ts'
import { temporaryFolder } from '../../test/harness/folder.ts'
import { settingsOf } from '../../test/harness/server.ts'
import { createUpstream } from '../../test/upstream/upstream.ts'
import { seedHistory } from '../harness/seed.ts'
import { percentile } from '../harness/statistics.ts'
import { mixedReply } from './replyText.ts'
import { heapOf, serve, slowDown } from './subjects.ts'
import { costOf } from './trace.ts'

/** The figures of a long conversation that is opened and scrolled. */
export interface LongConversation {
  messages: number
  slowdown: number
  /** From the start of the navigation until its last messages can be read, in milliseconds. */
  opened: number
  /** The longest task while it opens, in milliseconds of processor time. */
  openTask: number
  /** The time between two frames while it scrolls, in milliseconds. */
  frameP50: number
  frameP95: number
  /** The share of the samples in which a message on the screen was not drawn. */
  blank: number
  /** From a jump to the first message until it is drawn, in milliseconds. */
  top: number
  /** The longest task while it scrolls and jumps, in milliseconds of processor time. */
  scrollTask: number
  /** From the start of the navigation to an old message by its address until it can be read, in milliseconds. */
  linked: number
  /** Bytes of the heap that the page holds after all this. */
  heap: number
}

const SETTLE_MS = 2000
const FRAMES = 300
/** Samples the screen only every so many frames, because sampling takes time too. */
const LOOK_EACH = 10
/** A fast swipe: 3,600 pixels a second at 60 frames. */
const PIXELS_A_FRAME = 60
const PATIENCE = { timeout: 120_000 }

interface LongOptions {
  checkout: string
  messages: number
  slowdown: number
}

/** Opens a long conversation with an empty cache, scrolls up in it, jumps to its top, and follows a link to an old message. */
export async function longConversation(
  browser: Browser,
  { checkout, messages, slowdown }: LongOptions,
): Promise<LongConversation> {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const settings = settingsOf({ upstream }, folder)
  const first = await serve(checkout, settings)
  await using person = await newPerson(browser, { url: first.url })
  await ask(person.page, 'Oi')
  await written(person.page)
  await first[Symbol.asyncDispose]()
  const file = (settings['DATABASE_URL'] ?? '').replace(/^file:/, '')
  const ownerId = ownerIn(file)
  const [id] = await seedHistory({ file, ownerId, conversations: 1, messages, reply: mixedReply(1) })
  await using server = await serve(checkout, settings)
  const page = await person.context.newPage()
  await slowDown(page, slowdown)
  const address = `${server.url}/c/${id}`
  let opened = 0
  const opening = await costOf(browser, page, async () => {
    await page.goto(address, { waitUntil: 'commit' })
    await lastReply(page).getByText('Fim da resposta.').waitFor(PATIENCE)
    opened = await page.evaluate<number>('performance.now()')
    await delay(SETTLE_MS)
  })
  const [old] = await page
    .locator('[data-message]')
    .evaluateAll(rows => rows.map(row => row.dataset['message']))
  let scroll = { gaps: [0], blank: 0 }
  let top = 0
  const scrolling = await costOf(browser, page, async () => {
    scroll = await scrolled(page)
    top = await toTop(page)
  })
  const heap = await heapOf(page)
  await page.goto('about:blank')
  await page.goto(`${address}#${old}`, { waitUntil: 'commit' })
  await page.locator(`[data-message="${old}"][data-drawn]`).waitFor(PATIENCE)
  return {
    messages,
    slowdown,
    opened,
    openTask: opening.longest,
    frameP50: percentile(scroll.gaps, 0.5),
    frameP95: percentile(scroll.gaps, 0.95),
    blank: (scroll.blank * LOOK_EACH) / FRAMES,
    top,
    scrollTask: scrolling.longest,
    linked: await page.evaluate<number>('performance.now()'),
    heap,
  }
}

/** The owner of the one conversation that is stored. */
function ownerIn(file: string): string {
  using database = new DatabaseSync(file, { readOnly: true })
  return String(database.prepare('select owner_id from conversations').get()?.['owner_id'])
}

function toTop(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const from = performance.now()
    const box = document.querySelector('[data-messages]') as HTMLElement
    box.scrollTop = 0
    const first = box.querySelector('[data-message]') as HTMLElement
    const isShown = () => box.scrollTop === 0 && first.dataset['drawn']
    while (!isShown()) await new Promise(resolve => requestAnimationFrame(resolve))
    return performance.now() - from
  })
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
