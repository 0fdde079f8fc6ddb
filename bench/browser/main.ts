// What opening the page and showing one streamed reply cost the browser. A real page of the product is opened with nothing
// kept, then sent a mixed Markdown reply of 20 KB in an update each 50 ms; beside it, a page that does no more than append
// the same text, plain.
//
//   node bench/browser/main.ts [rounds] [checkout …]
//
// Each checkout (this one, if none is named) has to be built: `node scripts/prepare.mjs`. All are measured by turns, in a
// Chromium as fast as it is, and in one slowed down four times. Each row is a median over the rounds.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { ask, lastReply, launchBrowser, newPerson } from '../../test/e2e/browser.ts'
import { settingsOf, temporaryFolder } from '../../test/harness/server.ts'
import { createUpstream } from '../../test/upstream/upstream.ts'
import { serveFloor } from './floor.ts'
import { type Opening, openingOf } from './opening.ts'
import { mixedReply } from './reply.ts'
import { type Cost, costOf } from './trace.ts'

const SLOWDOWNS = [1, 4]
const UPDATE_MS = 50
const UPDATE_CHARACTERS = 20
const REPLY = mixedReply(20_000)
const SETTLE_MS = 3000

const HEADINGS = [
  'main thread',
  'script',
  'layout',
  'paint',
  'other',
  'longest',
  '> 50 ms',
  'frames',
  'first paint',
  'moved',
]
const columnsOf = ({ cost, opening }: Measurement) => [
  cost.total,
  cost.script,
  cost.layout,
  cost.paint,
  cost.other,
  cost.longest,
  cost.longTasks,
  cost.frames,
  opening?.firstPaint ?? 0,
  opening?.shift ?? 0,
]

interface Measurement {
  cost: Cost
  opening?: Opening
}

interface Subject {
  name: string
  measure(browser: Browser, slowdown: number): Promise<Measurement>
}

function productOf(checkout: string): Subject {
  return {
    name: checkout,
    async measure(browser, slowdown) {
      await using folder = await temporaryFolder()
      await using upstream = await createUpstream()
      upstream.reply({ tokens: piecesOf(REPLY), delayMs: UPDATE_MS })
      await using server = await serve(checkout, settingsOf({ upstream }, folder))
      await using person = await newPerson(browser, { url: server.url })
      const { page } = person
      await slowDown(page, slowdown)
      const opening = await openingOf(page)
      const cost = await costOf(browser, page, async () => {
        await ask(page, 'Conte sobre os riachos.')
        // Nothing asks the page meanwhile: that would be counted too.
        await (await upstream.request(0)).closed
        await delay(SETTLE_MS)
      })
      await lastReply(page).getByText('Fim da resposta.').waitFor()
      return { cost, opening }
    },
  }
}

const floor: Subject = {
  name: 'plain text floor',
  async measure(browser, slowdown) {
    await using server = await serveFloor(piecesOf(REPLY), UPDATE_MS)
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(server.url)
    await slowDown(page, slowdown)
    const cost = await costOf(browser, page, async () => {
      await page.evaluate('begin()')
      await delay(SETTLE_MS)
    })
    await page.close()
    return { cost }
  },
}

async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate })
}

function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += UPDATE_CHARACTERS)
    pieces.push(text.slice(at, at + UPDATE_CHARACTERS))
  return pieces
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

const medianOf = (values: number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0

const shown = (value: number) => (value > 0 && value < 1 ? value.toFixed(4) : String(Math.round(value)))

const [rounds = '1', ...named] = process.argv.slice(2)
const checkouts = named.length > 0 ? named : [join(import.meta.dirname, '..', '..')]
const subjects = [...checkouts.map(productOf), floor]
const browser = await launchBrowser()
process.stdout.write(
  'Milliseconds of processor time in tasks of the main thread, from a trace; at 4 ×, what the slowing down itself takes\n' +
    `is in it. Layout is style too. Medians of ${rounds}.\n`,
)
for (const slowdown of SLOWDOWNS) {
  const measured = subjects.map((): number[][] => [])
  for (let round = 1; round <= Number(rounds); round++)
    for (const [index, subject] of subjects.entries())
      measured[index]?.push(columnsOf(await subject.measure(browser, slowdown)))
  process.stdout.write(
    `\n${`${slowdown} ×`.padStart(4)}${HEADINGS.map(name => name.padStart(12)).join('')}\n`,
  )
  for (const [index, { name }] of subjects.entries()) {
    const medians = HEADINGS.map((_, column) =>
      medianOf((measured[index] ?? []).map(row => row[column] ?? 0)),
    )
    process.stdout.write(`    ${medians.map(value => shown(value).padStart(12)).join('')}  ${name}\n`)
  }
}
await browser.close()
