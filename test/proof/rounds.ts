export interface Round {
  seed: number
  /** What the round did to the server. */
  what: string
  /** How many runs were accepted. */
  runs: number
  /** How often each thing came, by its name. For a call: `<call> <status>`. */
  counts: ReadonlyMap<string, number>
  /** How long after a fault the runs ended that it had hit, in milliseconds. */
  ends?: readonly number[]
  violations: string[]
}

export interface Summary {
  rounds: number
  runs: number
  counts: Map<string, number>
  ends: number[]
  /** Each violation names the seed that shows it again. */
  violations: string[]
}

/** Plays `rounds` rounds with the seeds from `seed` on, `parallel` at a time. Reports each round when it ends. */
export async function playRounds(options: {
  play: (seed: number) => Promise<Round>
  rounds: number
  seed: number
  parallel: number
  /** Whether a violation ends it, as in a test that only says whether there is one. */
  stopsAtFirst?: boolean
  onRound?: (round: Round, played: number) => void
}): Promise<Summary> {
  const summary: Summary = { rounds: 0, runs: 0, counts: new Map(), ends: [], violations: [] }
  let next = options.seed
  const player = async () => {
    const isOver = () => options.stopsAtFirst && summary.violations.length > 0
    while (next < options.seed + options.rounds && !isOver()) {
      const round = await playOne(options.play, next++)
      summary.rounds++
      summary.runs += round.runs
      for (const [name, times] of round.counts)
        summary.counts.set(name, (summary.counts.get(name) ?? 0) + times)
      summary.ends.push(...(round.ends ?? []))
      for (const violation of round.violations)
        summary.violations.push(`seed ${round.seed} (${round.what}): ${violation}`)
      options.onRound?.(round, summary.rounds)
    }
  }
  await Promise.all(Array.from({ length: options.parallel }, player))
  return summary
}

async function playOne(play: (seed: number) => Promise<Round>, seed: number): Promise<Round> {
  try {
    return await play(seed)
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { seed, what: 'did not end', runs: 0, counts: new Map(), violations: [reason] }
  }
}
