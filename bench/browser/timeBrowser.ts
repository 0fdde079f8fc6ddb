// Measures what the page costs the browser. The first part opens the real page of Riacho with an empty cache, and
// streams replies of mixed Markdown to it. For comparison, other pages get the same text: one draws it with
// react-markdown, one with Streamdown, and one only appends it as plain text. The last part opens conversations of a
// thousand and of ten thousand messages, scrolls them, and follows links to their oldest messages.
//
//   npm run bench:browser [-- --rounds 3] [--quick] [--characters 20000]… [--peer plain]… [--long] [--checkout folder]…
//
// Each checkout (by default this one) has to be built: `node scripts/prepare.mjs`. The checkouts are measured in turns.
// Each figure is the median of the rounds. `--quick` measures only the reply of 20 KB in updates of 50 ms. `--characters`
// measures only replies of that length in such updates, and `--peer` compares with that page alone.
// `--long` measures the long conversations all the same.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchBrowser } from '../../test/e2e/browser.ts'
import { machineLine } from '../harness/machine.ts'
import { describeRun, writeProvenance } from '../harness/provenance.ts'
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

const LONG: readonly (readonly [messages: number, slowdown: number])[] = [
  [1000, 1],
  [1000, 4],
  [10_000, 1],
]
const PEERS = {
  streamdown: 'Streamdown',
  'react-markdown': 'react-markdown',
  plain: 'plain text, appended',
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    characters: { type: 'string', multiple: true },
    peer: { type: 'string', multiple: true },
    long: { type: 'boolean', default: false },
    checkout: { type: 'string', multiple: true },
  },
})
const bench = join(import.meta.dirname, '..')
const checkouts = values.checkout ?? [join(bench, '..')]
const subjects = [
  ...checkouts.map(checkout => productOf(checkout, values.checkout ? checkout : '**Riacho**')),
  ...Object.entries(PEERS)
    .filter(([page]) => values.peer?.includes(page) ?? true)
    .map(([page, name]) => peerOf(page, name)),
]
const chosen = values.characters ?? (values.quick ? [`${ONE_LOAD.characters}`] : null)
const loads = chosen?.map(characters => ({ ...ONE_LOAD, characters: Number(characters) })) ?? LOADS
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
const provenance = describeRun(join(bench, '..'), ['bench/browser/timeBrowser.ts', ...process.argv.slice(2)])
provenance.programs['chromium'] = browser.version()
const started = performance.now()
for (const load of loads) {
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
for (const [messages, slowdown] of chosen && !values.long ? [] : LONG) {
  console.log(`a conversation of ${messages} messages, ${slowdown} ×`)
  results.long.push(await longConversation(browser, { checkout: checkouts[0] ?? '', messages, slowdown }))
}
await browser.close()
const isKept = chosen === null && !values.peer && !values.checkout
if (isKept) {
  const kept = join(bench, 'results')
  writeFileSync(join(kept, 'browser.json'), `${JSON.stringify(results, null, 1)}\n`)
  writeProvenance(kept, 'browser', provenance)
}
console.log(`\n${browserTables(results)}`)
