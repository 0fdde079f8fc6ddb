import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BENCH, NODE } from './harness/processes.ts'
import { isDisturbed, type Results } from './harness/results.ts'
import { ratiosOf } from './ratios.ts'
import { number, table } from './report/format.ts'

/**
 * Runs the quick benchmark and compares its ratios with `baseline.json`. Fails if a ratio is more than 15 % worse.
 * `--accept` makes the ratios the new baseline. `--last` takes the last quick run and runs nothing.
 */
const WORSE = 1.15
const BASELINE = join(BENCH, 'baseline.json')

const { values } = parseArgs({
  options: { accept: { type: 'boolean', default: false }, last: { type: 'boolean', default: false } },
})
if (!values.last) {
  const { status } = spawnSync(NODE, [join(BENCH, 'main.ts'), '--quick', '--rounds', '2'], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
}
const results = JSON.parse(readFileSync(join(BENCH, 'results', 'quick.json'), 'utf8')) as Results
const ratios = ratiosOf(results)
const isNew = !existsSync(BASELINE)
if (values.accept || isNew) {
  writeFileSync(
    BASELINE,
    `${JSON.stringify({ machine: results.machine, at: results.at, ratios }, null, 2)}\n`,
  )
  console.log('These ratios are the baseline now.')
}
const { ratios: before } = JSON.parse(readFileSync(BASELINE, 'utf8')) as { ratios: Record<string, number> }
const rows = Object.entries(before).map(([name, old]) => ({ name, old, value: ratios[name] }))
const isWorse = ({ old, value }: { old: number; value: number | undefined }) =>
  value === undefined || value > old * WORSE
console.log(
  table(
    ['ratio', 'baseline', 'now', ''],
    rows.map(row => [
      row.name,
      number(row.old),
      row.value === undefined ? '–' : number(row.value),
      isWorse(row) ? '**worse**' : 'held',
    ]),
  ),
)
if (!rows.some(isWorse)) process.exit(0)
const disturbed = results.samples.filter(isDisturbed).length
if (disturbed > 0)
  console.log(
    `${disturbed} of ${results.samples.length} measurements were disturbed by others: repeat it on a quiet machine.`,
  )
process.exit(1)
