import { merge, percentileIn } from '../harness/histogram.ts'
import { isDisturbed, peersOf, type Results, type Sample } from '../harness/results.ts'
import { PEERS } from '../peers/all.ts'
import { isHeld } from '../scenarios/ladder.ts'
import { variantsOf } from './figures.ts'
import { number, orDash, table } from './format.ts'

/**
 * The largest load of the ladder that one core held, with all smaller ones, in more than half of the rounds
 * that came to it. Undisturbed rounds alone count where there are some. `undefined` if the peer was not measured.
 */
export function heldOnLadder(results: Results, peer: string): number | undefined {
  if (!peersOf(onLadder(results)).includes(peer)) return undefined
  let held = 0
  for (const variant of variantsOf(results, 'ladder')) {
    const samples = samplesOf(results, peer, variant)
    const count = samples.filter(({ figures }) => isHeld(figures)).length
    if (2 * count <= samples.length) break
    held = Number(variant)
  }
  return held
}

/** One row for each peer: what it held, and how late its text was there, over all rounds together. */
export function ladderTable(results: Results): string {
  const measured = peersOf(onLadder(results))
  const rows = PEERS.filter(({ name }) => measured.includes(name)).map(({ name, title }) => {
    const held = heldOnLadder(results, name) ?? 0
    const samples = samplesOf(results, name, String(held))
    const at = (figure: string, share: number) =>
      orDash(percentileIn(merge(samples.map(({ histograms }) => histograms?.[figure] ?? {})), share))
    return [
      title,
      held === 0 ? '< 50' : number(held),
      at('firstToken', 0.5),
      at('firstToken', 0.99),
      at('delay', 0.5),
      at('delay', 0.99),
      at('gap', 0.99),
      at('gap', 0.999),
    ]
  })
  const head = ['', 'streams held on one core', 'first token p50, ms', 'p99', 'token late by p50', 'p99 ']
  return table([...head, 'late gap p99', 'p99.9'], rows)
}

function onLadder(results: Results): Results {
  return { ...results, samples: results.samples.filter(({ scenario }) => scenario === 'ladder') }
}

/** One sample for each round. A round that ended below this load has none. */
function samplesOf(results: Results, peer: string, variant: string): Sample[] {
  const all = onLadder(results).samples.filter(sample => sample.peer === peer && sample.variant === variant)
  const quiet = all.filter(sample => !isDisturbed(sample))
  return quiet.length > 0 ? quiet : all
}
