import { type OracleRound, oracleRound } from './oracleRound.ts'

export type OracleSummary = Omit<OracleRound, 'seed'> & { rounds: number }

/** Plays `rounds` rounds with the seeds from `seed` on, `parallel` at a time. */
export async function playOracle(options: {
  rounds: number
  seed: number
  parallel: number
  onRound?: (round: OracleRound) => void
}): Promise<OracleSummary> {
  const summary: OracleSummary = {
    rounds: 0,
    deaths: 0,
    acknowledged: 0,
    cut: 0,
    there: 0,
    erased: 0,
    violations: [],
  }
  let next = options.seed
  const player = async () => {
    while (next < options.seed + options.rounds) {
      const round = await oracleRound(next++)
      summary.rounds++
      for (const count of ['deaths', 'acknowledged', 'cut', 'there', 'erased'] as const)
        summary[count] += round[count]
      for (const violation of round.violations) summary.violations.push(`seed ${round.seed}: ${violation}`)
      options.onRound?.(round)
    }
  }
  await Promise.all(Array.from({ length: options.parallel }, player))
  return summary
}
