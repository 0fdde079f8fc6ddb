import { figureOf, peersOf, type Results, valuesOf } from '../harness/results.ts'
import { PEERS } from '../peers/all.ts'
import { CLEAN, type Rule, WITHOUT_STALL } from '../scenarios/shape.ts'
import { added, streamsPerCore, variantsOf } from './figures.ts'
import { kilobytes, megabytes, number, orDash, percent, table } from './format.ts'

type Cell = (peer: string) => string

/** A table with a row for each measured peer. */
function peerTable(results: Results, columns: Record<string, Cell>): string {
  const measured = peersOf(results)
  const rows = PEERS.filter(({ name }) => measured.includes(name)).map(({ name, title }) => [
    title,
    ...Object.values(columns).map(cell => cell(name)),
  ])
  return table(['', ...Object.keys(columns)], rows)
}

/** The median. If there is more than one round, also the range. */
function withRange(values: readonly number[], value: number | undefined, format = number): string {
  if (value === undefined || values.length < 2) return orDash(value, format)
  return `${format(value)} (${format(Math.min(...values))}–${format(Math.max(...values))})`
}

export function tokenTable(results: Results): string {
  const place = (peer: string, figure: string) => ({ scenario: 'sweep', variant: '200', peer, figure })
  const at = (peer: string, figure: string) => figureOf(results, place(peer, figure))
  const raw = at('raw', 'cpuPerToken')
  const faults = (peer: string) => {
    const counts = ['lost', 'doubled', 'garbled'].map(figure => at(peer, figure))
    return counts[0] === undefined ? '–' : counts.map(count => number(count ?? 0)).join(' / ')
  }
  const cpu = (peer: string) => (peer === 'direct' ? undefined : at(peer, 'cpuPerToken'))
  const ratio = (peer: string) => {
    const own = cpu(peer)
    return own === undefined || !raw ? undefined : own / raw
  }
  return peerTable(results, {
    'µs CPU a token': peer => withRange(valuesOf(results, place(peer, 'cpuPerToken')), cpu(peer)),
    'PostgreSQL beside': peer => orDash(at(peer, 'databasePerToken')),
    '× raw': peer => orDash(ratio(peer)),
    'streams a core': peer => orDash(cpu(peer), value => number(streamsPerCore(value))),
    delivered: peer => orDash(at(peer, 'deliveredShare'), percent),
    'first token + p50': peer => orDash(added(results, 'firstToken50', { peer })),
    p99: peer => orDash(added(results, 'firstToken99', { peer })),
    'gap + p50': peer => orDash(added(results, 'gap50', { peer })),
    'p99 ': peer => orDash(added(results, 'gap99', { peer })),
    'wire ×': peer => orDash(at(peer, 'wireRatio')),
    'lost / doubled / garbled': faults,
  })
}

export function sweepTable(results: Results, figure: string, format = number): string {
  const columns: Record<string, Cell> = {}
  for (const variant of variantsOf(results, 'sweep')) {
    columns[Number(variant).toLocaleString('en')] = peer =>
      peer === 'direct' && figure === 'coreShare'
        ? '–'
        : orDash(figureOf(results, { scenario: 'sweep', variant, peer, figure }), format)
  }
  return peerTable(results, columns)
}

export function otherTable(results: Results): string {
  const at = (peer: string, scenario: string, variant: string, figure: string) =>
    figureOf(results, { scenario, variant, peer, figure })
  const isRelay = (peer: string) => peer !== 'direct'
  return peerTable(results, {
    'tokens/s at most': peer => orDash(at(peer, 'saturation', '50', 'tokensPerSecond')),
    'clean streams, 64 × 20 ms': peer => sustained(results, peer, CLEAN),
    'without a stall over 200 ms': peer => sustained(results, peer, WITHOUT_STALL),
    'kB a stream': peer => orDash(isRelay(peer) ? memoryOf(results, peer) : undefined, kilobytes),
    'kB a silent reply': peer => orDash(at(peer, 'silence', 'replies', 'memoryPerReply'), kilobytes),
    '200 at once, p50': peer => orDash(at(peer, 'burst', '200', 'firstToken50')),
    'Stop p50': peer => orDash(at(peer, 'stop', '40', 'stop50')),
    p95: peer => orDash(at(peer, 'stop', '40', 'stop95')),
    'catch-up, ms': peer => orDash(at(peer, 'cut', '20 KB', 'catchUp50')),
    'sent again, bytes': peer => orDash(at(peer, 'cut', '20 KB', 'resentBytes')),
    'cold start, ms': peer => orDash(isRelay(peer) ? at(peer, 'start', 'idle', 'coldStart') : undefined),
    'idle, MB': peer =>
      orDash(isRelay(peer) ? at(peer, 'start', 'idle', 'idleMemory') : undefined, megabytes),
  })
}

/** Replies with two calls, at each number of streams. */
export function toolsTable(results: Results): string {
  const at = (peer: string, variant: string, figure: string) =>
    figureOf(results, { scenario: 'tools', variant, peer, figure })
  const variants = variantsOf(results, 'tools').filter(variant => !variant.includes('without'))
  const columns: Record<string, Cell> = {}
  for (const variant of variants) {
    columns[`${variant} streams: CPU a reply, ms`] = peer => orDash(at(peer, variant, 'cpuPerReply'))
    columns[`${variant}: without calls`] = peer => orDash(at(peer, `${variant} without`, 'cpuPerReply'))
    columns[`${variant}: next request p50, ms`] = peer => orDash(at(peer, variant, 'turn50'))
    columns[`${variant}: p99`] = peer => orDash(at(peer, variant, 'turn99'))
  }
  return peerTable(onlyScenario(results, 'tools'), columns)
}

export function filesTable(results: Results): string {
  const at = (variant: string, figure: string, format = number) =>
    orDash(figureOf(results, { scenario: 'files', variant, peer: 'riacho', figure }), format)
  return table(
    ['Riacho', ''],
    [
      ['upload of 20 MB, MB/s', at('20 MB', 'megabytesPerSecond')],
      ['CPU of it, ms a MB', at('20 MB', 'cpuPerMegabyte')],
      ['most memory above idle, MB', at('20 MB', 'peakAboveIdle', megabytes)],
      ['from the last piece until it is read, ms', at('20 MB', 'reading50')],
      ['first token of a reply to text, p50, ms', at('picture', 'text50')],
      ['first token of a reply to a picture of 2,048 pixels, p50, ms', at('picture', 'picture50')],
      ['what the picture adds, ms', at('picture', 'added50')],
    ],
  )
}

function onlyScenario(results: Results, scenario: string): Results {
  return { ...results, samples: results.samples.filter(sample => sample.scenario === scenario) }
}

export function historyTable(results: Results): string {
  const variants = variantsOf(results, 'history')
  const rows = ['list', 'open', 'search', 'send', 'coldStart'].map(figure => [
    figure === 'coldStart' ? 'cold start' : figure,
    ...variants.map(variant =>
      orDash(figureOf(results, { scenario: 'history', variant, peer: 'riacho', figure })),
    ),
  ])
  return table(['ms', ...variants.map(variant => Number(variant).toLocaleString('en'))], rows)
}

/** The largest load of `shape` that a rule lets pass, with all smaller ones. */
function sustained(results: Results, peer: string, rule: Rule): string {
  let most: string | undefined
  let smallest: string | undefined
  for (const variant of variantsOf(results, 'shape')) {
    const figures: Record<string, number> = {}
    for (const figure of rule.figures) {
      const value = figureOf(results, { scenario: 'shape', variant, peer, figure })
      if (value !== undefined) figures[figure] = value
    }
    if (!rule.figures.every(figure => figure in figures)) continue
    smallest ??= variant
    if (!rule.passes(figures)) break
    most = variant
  }
  if (smallest === undefined) return '–'
  return most === undefined ? `< ${smallest}` : number(Number(most))
}

/** At 500 streams. If the peer cannot hold those, at the largest load it got. */
function memoryOf(results: Results, peer: string): number | undefined {
  const figure = 'memoryPerStream'
  const of = (variant: string) => figureOf(results, { scenario: 'sweep', variant, peer, figure })
  return of('500') ?? of('200')
}
