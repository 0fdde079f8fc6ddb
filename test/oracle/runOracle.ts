import { parseArgs } from 'node:util'
import { SEED } from '../harness/testSeed.ts'
import { playOracle } from './playOracle.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(SEED) },
    parallel: { type: 'string', default: '3' },
  },
})
console.log(`${values.rounds} oracle rounds from seed ${values.seed}`)
const started = performance.now()
const { violations, ...counts } = await playOracle({
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  parallel: Number(values.parallel),
  onRound({ seed, violations }) {
    for (const violation of violations) console.log(`seed ${seed}: ${violation}`)
  },
})
const seconds = Math.round((performance.now() - started) / 1000)
console.log(JSON.stringify(counts), `${violations.length} violations, ${seconds} s`)
process.exit(violations.length > 0 ? 1 : 0)
