// What opening the page and showing streamed replies cost the browser. The real page of the product is opened with nothing
// kept, then sent replies of mixed Markdown; beside it the same text in pages that draw it with react-markdown, with
// Streamdown, or do no more than append it, plain. And a conversation of a thousand messages is opened and scrolled.
//
//   npm run bench:browser [-- --rounds 3] [--quick] [--checkout folder]…
//
// Each checkout (this one, if none is named) has to be built: `node scripts/prepare.mjs`. All are measured by turns. Each
// figure is a median over the rounds. Quick is the reply of 20 KB in updates of 50 ms alone.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchBrowser } from '../../test/e2e/browser.ts'
import { machineLine } from '../harness/machine.ts'
import { median } from '../harness/statistics.ts'
import { type BrowserResults, browserTables } from '../report/browser.ts'
import { countersOf } from './counters.ts'
import { longConversation } from './long.ts'
import { type Load, peerOf, productOf } from './subjects.ts'

const ONE_LOAD: Load = { characters: 20_000, updateMs: 50, slowdown: 4 }
const LOADS: readonly Load[] = [
  { ...ONE_LOAD, slowdown: 1 },
  ...[3000, 20_000, 60_000].flatMap(characters =>
    [50, 20].map(updateMs => ({ characters, updateMs, slowdown: 4 })),
  ),
]

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    checkout: { type: 'string', multiple: true },
  },
})
const bench = join(import.meta.dirname, '..')
const checkouts = values.checkout ?? [join(bench, '..')]
const subjects = [
  ...checkouts.map(checkout => productOf(checkout, values.checkout ? checkout : '**Riacho**')),
  peerOf('streamdown', 'Streamdown'),
  peerOf('react-markdown', 'react-markdown'),
  peerOf('plain', 'plain text, appended'),
]
const rounds = Number(values.rounds)
const folder = join(bench, 'data')
mkdirSync(folder, { recursive: true })
const results: BrowserResults = {
  machine: machineLine(folder),
  at: new Date().toISOString(),
  rounds,
  rows: [],
  long: [],
}
const browser = await launchBrowser()
const started = performance.now()
for (const load of values.quick ? [ONE_LOAD] : LOADS) {
  const measured = subjects.map((): Record<string, number>[] => [])
  for (let round = 1; round <= rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const minutes = ((performance.now() - started) / 60_000).toFixed(1)
      const { characters, updateMs, slowdown } = load
      console.log(
        `${minutes} min · round ${round} of ${rounds} · ${characters / 1000} KB each ${updateMs} ms, ${slowdown} × · ${subject.name}`,
      )
      measured[index]?.push(await subject.measure(browser, load))
      if (slowdown === 1) measured[index]?.push(await subject.measure(browser, load, countersOf))
    }
  }
  for (const [index, { name }] of subjects.entries()) {
    const figures = Map.groupBy(
      (measured[index] ?? []).flatMap(one => Object.entries(one)),
      ([figure]) => figure,
    )
    results.rows.push({
      ...load,
      subject: name,
      figures: Object.fromEntries(
        [...figures].map(([figure, all]) => [figure, median(all.map(([, value]) => value))]),
      ),
    })
  }
}
for (const slowdown of [1, 4]) {
  console.log(`a long conversation, ${slowdown} ×`)
  results.long.push(await longConversation(browser, { checkout: checkouts[0] ?? '', slowdown }))
}
await browser.close()
const isKept = !values.quick && !values.checkout
if (isKept) writeFileSync(join(bench, 'results', 'browser.json'), `${JSON.stringify(results, null, 1)}\n`)
console.log(`\n${browserTables(results)}`)
