import type { Histogram } from './histogram.ts'
import { median } from './statistics.ts'

export type Histograms = Record<string, Histogram>

/** One measurement: one variant of one scenario, with one peer, in one round. */
export interface Sample {
  scenario: string
  variant: string
  peer: string
  round: number
  figures: Record<string, number>
  /** Of times in milliseconds, where rounds are merged. */
  histograms?: Histograms
  /** What other processes used of the core of the relay and of the core of the clients, as shares. */
  others: [relay: number, clients: number]
}

export interface Results {
  machine: string
  at: string
  kind: 'full' | 'quick'
  rounds: number
  samples: Sample[]
}

/** A measurement is disturbed if others used more than this share of a core. */
export const DISTURBED = 0.1

export function isDisturbed({ others }: Sample): boolean {
  return Math.max(...others) > DISTURBED
}

export interface Place {
  scenario: string
  variant: string
  peer: string
  figure: string
}

/** The values of one figure, one for each round. If there are undisturbed rounds, only those count. */
export function valuesOf({ samples }: Results, { scenario, variant, peer, figure }: Place): number[] {
  const all = samples.filter(
    sample =>
      sample.scenario === scenario &&
      sample.variant === variant &&
      sample.peer === peer &&
      figure in sample.figures,
  )
  const quiet = all.filter(sample => !isDisturbed(sample))
  return (quiet.length > 0 ? quiet : all).map(sample => sample.figures[figure] ?? 0)
}

/** The median over rounds. `undefined` if it was not measured. */
export function figureOf(results: Results, place: Place): number | undefined {
  const values = valuesOf(results, place)
  return values.length > 0 ? median(values) : undefined
}

export function peersOf({ samples }: Results): string[] {
  return [...new Set(samples.map(sample => sample.peer))]
}
