import { figureOf, type Results } from './harness/results.ts'

/**
 * The ratios of a run that are comparable between machines: figures of Riacho divided by those of a peer, or by its
 * own. Less is better.
 */
export function ratiosOf(results: Results): Record<string, number> {
  const sweep = (peer: string, figure: string) =>
    figureOf(results, { scenario: 'sweep', variant: '200', peer, figure })
  const history = (variant: string, figure: string) =>
    figureOf(results, { scenario: 'history', variant, peer: 'riacho', figure })
  const ratios = {
    'CPU a token, by the raw pipe': quotient(sweep('riacho', 'cpuPerToken'), sweep('raw', 'cpuPerToken')),
    'CPU a token, by the parsing pipe': quotient(
      sweep('riacho', 'cpuPerToken'),
      sweep('parsing', 'cpuPerToken'),
    ),
    'CPU a token in a Next.js route, by the naive route': quotient(
      sweep('riacho-next', 'cpuPerToken'),
      sweep('naive', 'cpuPerToken'),
    ),
    'bytes on the wire, by bytes of text': sweep('riacho', 'wireRatio'),
    'list, 100,000 messages by 100': quotient(history('100000', 'list'), history('100', 'list')),
    'open, 100,000 messages by 100': quotient(history('100000', 'open'), history('100', 'open')),
    'search, 100,000 messages by 100': quotient(history('100000', 'search'), history('100', 'search')),
    'send, 100,000 messages by 100': quotient(history('100000', 'send'), history('100', 'send')),
  }
  return Object.fromEntries(
    Object.entries(ratios).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Math.round(value * 1000) / 1000]],
    ),
  )
}

function quotient(value: number | undefined, by: number | undefined): number | undefined {
  return value === undefined || !by ? undefined : value / by
}
