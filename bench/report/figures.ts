import { figureOf, type Results } from '../harness/results.ts'

/** What a relay adds to a time: its own less that of no relay, at the same load; in milliseconds. */
export function added(
  results: Results,
  figure: string,
  { peer = 'riacho', variant = '200' } = {},
): number | undefined {
  const own = figureOf(results, { scenario: 'sweep', variant, peer, figure })
  const none = figureOf(results, { scenario: 'sweep', variant, peer: 'direct', figure })
  return own === undefined || none === undefined ? undefined : Math.max(0, own - none)
}

/** Streams of 50 tokens a second that would fill a core, by what a token costs at 200 streams. */
export function streamsPerCore(cpuPerToken: number): number {
  return 1e6 / cpuPerToken / 50
}

/** The variants of a scenario that were measured, smallest first. */
export function variantsOf({ samples }: Results, scenario: string): string[] {
  const variants = samples.filter(sample => sample.scenario === scenario).map(({ variant }) => variant)
  return [...new Set(variants)].sort((one, other) => Number(one) - Number(other))
}

/** The most streams of the sweep that came through in time; `undefined` where only one load was tried. */
export function mostHeld(results: Results, peer: string): number | undefined {
  const variants = variantsOf(results, 'sweep')
  if (variants.length < 2) return undefined
  const held = variants.filter(variant => {
    const share = figureOf(results, { scenario: 'sweep', variant, peer, figure: 'deliveredShare' })
    return (share ?? 0) >= 0.99
  })
  return Number(held.at(-1) ?? 0)
}
