import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { ask, lastReply, newPerson } from '../../test/e2e/browser.ts'
import { temporaryFolder } from '../../test/harness/folder.ts'
import { settingsOf } from '../../test/harness/server.ts'
import { createUpstream } from '../../test/upstream/upstream.ts'
import { openingOf } from './opening.ts'
import { servePages } from './pages.ts'
import { mixedReply } from './replyText.ts'
import { costOf } from './trace.ts'

/** A reply of this many characters, 20 of them every `updateMs`, in a browser that is slowed down by this factor. */
export interface Load {
  characters: number
  updateMs: number
  slowdown: number
}

/** Measures what a page does during `work`. */
type Instrument = (browser: Browser, page: Page, work: () => Promise<void>) => Promise<object>

export interface Subject {
  name: string
  measure(browser: Browser, load: Load, instrument?: Instrument): Promise<Record<string, number>>
}

const UPDATE_CHARACTERS = 20
const SETTLE_MS = 3000

/** Riacho, from `checkout`. */
export function productOf(checkout: string, name: string): Subject {
  return {
    name,
    async measure(browser, { characters, updateMs, slowdown }, instrument = costOf) {
      await using folder = await temporaryFolder()
      await using upstream = await createUpstream()
      upstream.reply({ tokens: piecesOf(characters), delayMs: updateMs })
      await using server = await serve(checkout, settingsOf({ upstream }, folder))
      await using person = await newPerson(browser, { url: server.url })
      const { page } = person
      await slowDown(page, slowdown)
      const opening = await openingOf(page)
      const before = await heapOf(page)
      const cost = await instrument(browser, page, async () => {
        await ask(page, 'Conte sobre os riachos.')
        // Does not poll the page, because that would be counted too.
        await (await upstream.request(0)).closed
        await delay(SETTLE_MS)
      })
      await lastReply(page).getByText('Fim da resposta.').waitFor({ timeout: 120_000 })
      return { ...cost, ...opening, heap: (await heapOf(page)) - before }
    },
  }
}

/** One of the pages in `pages/`. */
export function peerOf(page: string, name: string): Subject {
  return {
    name,
    async measure(browser, { characters, updateMs, slowdown }, instrument = costOf) {
      await using server = await servePages({ pieces: piecesOf(characters), updateMs })
      const tab = await browser.newPage({ viewport: { width: 1440, height: 900 } })
      await tab.goto(`${server.url}/${page}.html`)
      await slowDown(tab, slowdown)
      const before = await heapOf(tab)
      const cost = await instrument(browser, tab, async () => {
        await tab.evaluate('begin()')
        await delay(SETTLE_MS)
      })
      await tab.getByText('Fim da resposta.').waitFor({ timeout: 120_000 })
      const heap = (await heapOf(tab)) - before
      await tab.close()
      return { ...cost, heap }
    },
  }
}

export async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate })
}

/** Bytes of the heap that the page holds. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

function piecesOf(characters: number): string[] {
  const text = mixedReply(characters)
  return Array.from({ length: Math.ceil(text.length / UPDATE_CHARACTERS) }, (_, index) =>
    text.slice(index * UPDATE_CHARACTERS, (index + 1) * UPDATE_CHARACTERS),
  )
}

/** Starts Riacho from `checkout`. */
export async function serve(checkout: string, settings: Record<string, string>) {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: checkout,
    env: { NODE_ENV: 'production', PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let url: string | undefined
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    url = /Riacho: (http\S+)/.exec(chunk)?.[1]?.replace('localhost', '127.0.0.1')
    if (url) break
  }
  if (!url) throw new Error(`the server of ${checkout} did not start`)
  child.stdout.resume()
  return {
    url,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
