import { parseArgs } from 'node:util'
import { startPostgres } from '../harness/postgres.ts'
import { SEED } from '../harness/testSeed.ts'
import { oracleRound } from '../oracle/oracleRound.ts'
import { BOUNDS } from './bounds.ts'
import { crashRound } from './crashRound.ts'
import { historyRound } from './historyRound.ts'
import { crashRoundOfNodes, historyRoundOfNodes } from './nodes/nodesRound.ts'
import { playRounds, type Round } from './rounds.ts'
import { growthOf, soak } from './soak.ts'

const KINDS = { crash: crashRound, history: historyRound, oracle: oracleRound }
/** Those that several nodes on PostgreSQL can play. */
const KINDS_OF_NODES = { crash: crashRoundOfNodes, history: historyRoundOfNodes }
/** Each node has eleven connections, and each round its nodes. */
const MAX_CONNECTIONS = 600

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(SEED) },
    parallel: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '30' },
    conversations: { type: 'string', default: '100' },
    database: { type: 'string', default: 'sqlite' },
    nodes: { type: 'string', default: '1' },
  },
})
const [kind] = positionals
const isShared = values.database === 'postgres'
if (kind === 'soak') await soakFor(Number(values.minutes))
else if (isShared && (kind === 'crash' || kind === 'history')) await playNodes(kind, Number(values.nodes))
else if (isShared || values.nodes !== '1') {
  console.error('Several nodes need --database postgres, which crash and history can do.')
  process.exit(1)
} else if (kind === 'crash' || kind === 'history' || kind === 'oracle') await play(KINDS[kind])
else {
  console.error('usage: runProof.ts crash|history|oracle [--rounds 60] [--seed N] [--parallel 3]')
  console.error('       runProof.ts crash|history --database postgres --nodes 3 [--rounds 60] …')
  console.error('       runProof.ts soak [--minutes 30] [--conversations 100] [--seed N]')
  process.exit(1)
}

async function playNodes(kind: keyof typeof KINDS_OF_NODES, count: number): Promise<void> {
  const shared = await startPostgres([`max_connections=${MAX_CONNECTIONS}`])
  const isWell = await report(seed => KINDS_OF_NODES[kind]({ seed, count, shared }))
  await shared[Symbol.asyncDispose]()
  process.exit(isWell ? 0 : 1)
}

async function play(round: (seed: number) => Promise<Round>): Promise<void> {
  process.exit((await report(round)) ? 0 : 1)
}

/** Plays the rounds and prints what came of them. Resolves with whether nothing was wrong. */
async function report(round: (seed: number) => Promise<Round>): Promise<boolean> {
  console.log(`${values.rounds} ${kind} rounds from seed ${values.seed}`)
  const started = performance.now()
  const { rounds, runs, counts, ends, violations } = await playRounds({
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
  if (ends.length > 0) console.log(endsInWords(ends))
  console.log(`${rounds} rounds, ${runs} runs, ${violations.length} violations, ${seconds} s`)
  return violations.length === 0
}

function endsInWords(ends: readonly number[]): string {
  const sorted = ends.toSorted((a, b) => a - b)
  const quantile = (q: number) => {
    const ms = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
    return `${(ms / 1000).toFixed(1)} s`
  }
  return `${ends.length} runs that a fault hit ended after ${quantile(0.5)} (median), ${quantile(0.99)} (p99), ${quantile(1)} (longest; bound ${BOUNDS.takeover / 1000} s)`
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
