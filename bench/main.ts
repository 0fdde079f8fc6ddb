import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CLIENT_CORE } from './harness/machine.ts'
import { BENCH, ROOT } from './harness/processes.ts'
import { describeRun, writeProvenance } from './harness/provenance.ts'
import { startUpstream } from './harness/upstream.ts'
import { writePage, writeResults } from './report/write.ts'
import { runRounds } from './rounds.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    peers: { type: 'string' },
    scenarios: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})

const provenance = describeRun(ROOT, ['bench/main.ts', ...process.argv.slice(2)])
// The clients run in this process, on another core than the relay. They share it with the fake upstream if there is no
// third.
spawnSync('taskset', ['-a', '-c', '-p', String(CLIENT_CORE), String(process.pid)])
mkdirSync(join(BENCH, 'data'), { recursive: true })
const folder = mkdtempSync(join(BENCH, 'data', 'run-'))
const log = join(folder, 'processes.log')
const upstream = await startUpstream(log)
try {
  const results = await runRounds({
    upstream,
    folder,
    log,
    isQuick: values.quick,
    rounds: Number(values.rounds ?? (values.quick ? 1 : 3)),
    peers: values.peers?.split(','),
    scenarios: values.scenarios?.split(','),
  })
  const isPartial = values.peers !== undefined || values.scenarios !== undefined
  const name = isPartial ? 'partial' : results.kind
  writeResults(results, name)
  writeProvenance(join(BENCH, 'results'), name, provenance)
  if (!isPartial && results.kind === 'full') writePage(results)
} finally {
  await upstream.stop()
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
}
process.exit(0)
