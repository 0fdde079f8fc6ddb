import { parseArgs } from 'node:util'
import { crashRound } from './crashRound.ts'
import { historyRound } from './historyRound.ts'
import { playRounds } from './rounds.ts'

const KINDS = { crash: crashRound, history: historyRound }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    parallel: { type: 'string', default: '3' },
  },
})
const [kind] = positionals
if (kind !== 'crash' && kind !== 'history') {
  console.error('usage: main.ts crash|history [--rounds 60] [--seed N] [--parallel 3]')
  process.exit(1)
}

console.log(`${values.rounds} ${kind} rounds from seed ${values.seed}`)
const started = performance.now()
const { rounds, talks, violations } = await playRounds({
  play: KINDS[kind],
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  parallel: Number(values.parallel),
  onRound(round, played) {
    for (const violation of round.violations) console.log(`seed ${round.seed} (${round.what}): ${violation}`)
    if (played % 50 === 0) console.log(`${played} rounds`)
  },
})
const seconds = Math.round((performance.now() - started) / 1000)
console.log(`${rounds} rounds, ${talks} conversations, ${violations.length} violations, ${seconds} s`)
process.exit(violations.length > 0 ? 1 : 0)
