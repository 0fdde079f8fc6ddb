// What opening the page and showing one streamed reply cost the browser. A real page of the product, in Chromium slowed
// down four times, is opened with nothing kept, and then sent a mixed Markdown reply of 20 KB in an update each 50 ms.
//
//   node bench/browser/main.ts [rounds] [checkout …]
//
// Each checkout (this one, if none is named) has to be built: `node scripts/prepare.mjs`. Several are measured by turns.
// It prints, for each round, when the page first painted something and how much of it moved; then, for the reply, the main
// thread's time, the longest task, and how many tasks took longer than 50 ms.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, CDPSession } from 'playwright-core'
import { ask, lastReply, launchBrowser, newPerson } from '../../test/e2e/browser.ts'
import { settingsOf, temporaryFolder } from '../../test/harness/server.ts'
import { createUpstream } from '../../test/upstream/upstream.ts'
import { mixedReply } from './reply.ts'

const SLOWDOWN = 4
const UPDATE_MS = 50
const UPDATE_CHARACTERS = 20
const REPLY = mixedReply(20_000)
const LONG_TASK_MS = 50
const SETTLE_MS = 3000

/** Milliseconds of the main thread of the slowed-down browser. */
interface Measurement {
  firstPaint: number
  /** Cumulative layout shift while the page is opened; no unit. */
  shift: number
  busy: number
  script: number
  layout: number
  longest: number
  longTasks: number
}

const OBSERVE = `
  window.shift = 0
  new PerformanceObserver(list => { for (const { value } of list.getEntries()) window.shift += value })
    .observe({ type: 'layout-shift', buffered: true })
  window.longTasks = []
  new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(entry => entry.duration)))
    .observe({ type: 'longtask' })
`

async function measure(browser: Browser, checkout: string): Promise<Measurement> {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  upstream.reply({ tokens: piecesOf(REPLY), delayMs: UPDATE_MS })
  await using server = await serve(checkout, settingsOf({ upstream }, folder))
  await using person = await newPerson(browser, { url: server.url, initScript: OBSERVE })
  const { page, context } = person
  const session = await context.newCDPSession(page)
  // What other programs take of the machine meanwhile does not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN })
  await session.send('Network.clearBrowserCache')
  await page.reload()
  await delay(SETTLE_MS)
  const { firstPaint, shift } = await page.evaluate<Pick<Measurement, 'firstPaint' | 'shift'>>(
    `({ firstPaint: performance.getEntriesByName('first-contentful-paint')[0].startTime, shift: window.shift })`,
  )
  await page.evaluate('window.longTasks.length = 0')
  const before = await metricsOf(session)
  await ask(page, 'Conte sobre os riachos.')
  // Nothing asks the page meanwhile: that would be counted too.
  await (await upstream.request(0)).closed
  await delay(SETTLE_MS)
  const after = await metricsOf(session)
  await lastReply(page).getByText('Fim da resposta.').waitFor()
  const longTasks = await page.evaluate<number[]>('window.longTasks')
  const spent = (name: string) => Math.round(((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1000)
  return {
    firstPaint: Math.round(firstPaint),
    shift,
    busy: spent('TaskDuration'),
    script: spent('ScriptDuration'),
    layout: spent('LayoutDuration') + spent('RecalcStyleDuration'),
    longest: Math.round(Math.max(0, ...longTasks)),
    longTasks: longTasks.filter(duration => duration > LONG_TASK_MS).length,
  }
}

function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += UPDATE_CHARACTERS)
    pieces.push(text.slice(at, at + UPDATE_CHARACTERS))
  return pieces
}

async function metricsOf(session: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics')
  return new Map(metrics.map(({ name, value }) => [name, value]))
}

async function serve(checkout: string, settings: Record<string, string>) {
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

const [rounds = '1', ...named] = process.argv.slice(2)
const checkouts = named.length > 0 ? named : [join(import.meta.dirname, '..', '..')]
const browser = await launchBrowser()
for (let round = 1; round <= Number(rounds); round++) {
  for (const checkout of checkouts) {
    const { firstPaint, shift, busy, script, layout, longest, longTasks } = await measure(browser, checkout)
    process.stdout.write(
      `${checkout}: first paint ${firstPaint} ms, shift ${shift.toFixed(4)}; main thread ${busy} ms (scripts ${script}, layout and style ${layout}), ` +
        `longest task ${longest || '< 50'} ms, ${longTasks} over ${LONG_TASK_MS} ms\n`,
    )
  }
}
await browser.close()
