import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { figuresOf, type Load, runLoad } from './harness/load.ts'
import { BENCH, ROOT } from './harness/processes.ts'
import { startUpstream } from './harness/upstream.ts'
import { riacho, startRiacho } from './peers/riacho.ts'
import { number, table } from './report/format.ts'

/**
 * Runs Riacho under the profiler of V8 at 200 streams × 50 tokens/s, and prints the functions that take the most time.
 */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const SHOWN = 45

mkdirSync(join(BENCH, 'data'), { recursive: true })
const folder = mkdtempSync(join(BENCH, 'data', 'profile-'))
const log = join(folder, 'processes.log')
const upstream = await startUpstream(log)
const options = { upstream: upstream.url, folder, log }
const relay = await startRiacho(options, ['--cpu-prof', `--cpu-prof-dir=${folder}`])
const load: Load = {
  peer: riacho,
  relay,
  streams: 200,
  tokens: 300,
  pace: 20,
  settleMs: 2000,
  measureMs: 8000,
}
const { cpuPerToken, coreShare } = figuresOf(await runLoad(load), load)
await relay.stop()
await upstream.stop()

const file = readdirSync(folder).find(name => name.endsWith('.cpuprofile'))
const profile = JSON.parse(readFileSync(join(folder, file ?? ''), 'utf8')) as CpuProfile
console.log(
  `${number(cpuPerToken)} µs of CPU a token, ${number(coreShare * 100)} % of the core. ${join(folder, file ?? '')}\n`,
)
console.log(table(['function', '% of its time awake'], heaviest(profile)))
process.exit(0)

function heaviest({ nodes, samples, timeDeltas }: CpuProfile): string[][] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const selfTimes = new Map<string, number>()
  let awake = 0
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    const took = timeDeltas[index] ?? 0
    if (name === '(idle)') continue
    awake += took
    selfTimes.set(name, (selfTimes.get(name) ?? 0) + took)
  }
  return [...selfTimes]
    .sort(([, one], [, other]) => other - one)
    .slice(0, SHOWN)
    .map(([name, time]) => [name, number((time * 100) / awake)])
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const place = url.replace(`file://${ROOT}/`, '').replace(/^.*node_modules\//, '')
  return place === '' ? functionName : `${functionName || '(anonymous)'} ${place}:${lineNumber + 1}`
}
