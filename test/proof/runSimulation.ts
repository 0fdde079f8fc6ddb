import { parseArgs } from 'node:util'
import { SEED } from '../harness/testSeed.ts'
import { playRounds } from './rounds.ts'
import { simulateNodes } from './simulation/nodes/simulateNodes.ts'

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(SEED) },
  },
})
const nodes = Number(values.nodes)
console.log(`${values.rounds} rounds of ${nodes} simulated nodes from seed ${values.seed}`)
const started = performance.now()
const { rounds, runs, counts, violations } = await playRounds({
  play: seed => simulateNodes(seed, { nodes }),
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  parallel: 1,
  onRound({ seed, violations }, played) {
    for (const violation of violations) console.log(`seed ${seed}: ${violation}`)
    if (played % 10 === 0) console.log(`${played} rounds`)
  },
})
for (const [name, times] of [...counts].sort()) console.log(`${String(times).padStart(8)} ${name}`)
const seconds = Math.round((performance.now() - started) / 1000)
console.log(`${rounds} rounds, ${runs} runs, ${violations.length} violations, ${seconds} s`)
process.exit(violations.length > 0 ? 1 : 0)
