import { figureOf, type Results } from '../harness/results.ts'

/** What a relay adds to a time: its time, less the time without a relay at the same load, in milliseconds. */
export function added(
  results: Results,
  figure: string,
  { peer = 'riacho', variant = '200' } = {},
): number | undefined {
  const own = figureOf(results, { scenario: 'sweep', variant, peer, figure })
  const none = figureOf(results, { scenario: 'sweep', variant, peer: 'direct', figure })
  return own === undefined || none === undefined ? undefined : Math.max(0, own - none)
}

/** How many streams of 50 tokens a second would fill a core, if a token costs what it costs at 200 streams. */
export function streamsPerCore(cpuPerToken: number): number {
  return 1e6 / cpuPerToken / 50
}

/** The measured variants of a scenario, smallest first. */
export function variantsOf({ samples }: Results, scenario: string): string[] {
  const variants = samples.filter(sample => sample.scenario === scenario).map(({ variant }) => variant)
  return [...new Set(variants)].sort((one, other) => Number(one) - Number(other))
}

/** The most streams of the sweep that were delivered in time. `undefined` if only one load was tried. */
export function mostHeld(results: Results, peer: string): number | undefined {
  const variants = variantsOf(results, 'sweep')
  if (variants.length < 2) return undefined
  const held = variants.filter(variant => {
    const share = figureOf(results, { scenario: 'sweep', variant, peer, figure: 'deliveredShare' })
    return (share ?? 0) >= 0.99
  })
  return Number(held.at(-1) ?? 0)
}
