import { parseArgs } from 'node:util'
import { SEED } from '../harness/testSeed.ts'
import { oracleRound } from '../oracle/oracleRound.ts'
import { crashRound } from './crashRound.ts'
import { historyRound } from './historyRound.ts'
import { playRounds, type Round } from './rounds.ts'
import { growthOf, soak } from './soak.ts'

const KINDS = { crash: crashRound, history: historyRound, oracle: oracleRound }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(SEED) },
    parallel: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '30' },
    conversations: { type: 'string', default: '100' },
  },
})
const [kind] = positionals
if (kind === 'soak') await soakFor(Number(values.minutes))
else if (kind === 'crash' || kind === 'history' || kind === 'oracle') await play(KINDS[kind])
else {
  console.error('usage: runProof.ts crash|history|oracle [--rounds 60] [--seed N] [--parallel 3]')
  console.error('       runProof.ts soak [--minutes 30] [--conversations 100] [--seed N]')
  process.exit(1)
}

async function play(round: (seed: number) => Promise<Round>): Promise<void> {
  console.log(`${values.rounds} ${kind} rounds from seed ${values.seed}`)
  const started = performance.now()
  const { rounds, runs, counts, violations } = await playRounds({
    play: round,
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    parallel: Number(values.parallel),
    onRound({ seed, what, violations }, played) {
      for (const violation of violations) console.log(`seed ${seed} (${what}): ${violation}`)
      if (played % 50 === 0) console.log(`${played} rounds`)
    },
  })
  const seconds = Math.round((performance.now() - started) / 1000)
  for (const [name, times] of [...counts].sort()) console.log(`${String(times).padStart(8)} ${name}`)
  console.log(`${rounds} rounds, ${runs} runs, ${violations.length} violations, ${seconds} s`)
  process.exit(violations.length > 0 ? 1 : 0)
}

async function soakFor(minutes: number): Promise<void> {
  console.log(`${minutes} minutes, ${values.conversations} conversations at once, seed ${values.seed}`)
  const result = await soak({
    minutes,
    conversations: Number(values.conversations),
    seed: Number(values.seed),
  })
  const problems = [...result.violations, ...growthOf(result)]
  console.log(JSON.stringify(result, null, 2), problems)
  process.exit(problems.length > 0 ? 1 : 0)
}
