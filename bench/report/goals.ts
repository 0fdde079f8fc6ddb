import { figureOf, type Results, valuesOf } from '../harness/results.ts'
import { added, mostHeld } from './figures.ts'
import { kilobytes, megabytes, number, orDash, table } from './format.ts'
import { heldOnLadder } from './ladder.ts'

interface Goal {
  figure: string
  goal: string
  value: number | undefined
  shown: string
  isMet: boolean
}

const NAME = 'riacho'

/** The goals of Riacho, and what it reached. */
export function goalsOf(results: Results): Goal[] {
  const at = (scenario: string, variant: string, figure: string) =>
    figureOf(results, { scenario, variant, peer: NAME, figure })
  const atMost = (
    figure: string,
    value: number | undefined,
    { limit, show = number, unit = '' }: { limit: number; show?: (value: number) => string; unit?: string },
  ): Goal => ({
    figure,
    value,
    goal: limit === 0 ? 'none' : `≤ ${show(limit)}${unit}`,
    shown: `${orDash(value, show)}${unit}`,
    isMet: value !== undefined && value <= limit,
  })
  const raw = figureOf(results, { scenario: 'sweep', variant: '200', peer: 'raw', figure: 'cpuPerToken' })
  const own = at('sweep', '200', 'cpuPerToken')
  const onPostgres = figureOf(results, {
    scenario: 'sweep',
    variant: '200',
    peer: 'riacho-postgres',
    figure: 'cpuPerToken',
  })
  const held = heldOnLadder(results, NAME) ?? mostHeld(results, NAME)
  const grown = (figure: string) => quotient(at('history', '100000', figure), at('history', '100', figure))
  const readerMemory = at('silence', 'readers', 'memoryPerReader')
  return [
    atMost('CPU a token, 200 streams, × the raw pipe', quotient(own, raw), { limit: 1, unit: ' ×' }),
    {
      figure: 'streams × 50 tokens/s: the largest tried load that one core holds',
      value: held,
      goal: '≥ 1,000',
      shown: orDash(held),
      isMet: (held ?? 0) >= 1000,
    },
    atMost('added time to first token, 200 streams, p50', added(results, 'firstToken50'), {
      limit: 2,
      unit: ' ms',
    }),
    atMost('the same, p99', added(results, 'firstToken99'), { limit: 10, unit: ' ms' }),
    atMost(
      'added time to first token, 200 at once, p50',
      difference(
        at('burst', '200', 'firstToken50'),
        figureOf(results, { scenario: 'burst', variant: '200', peer: 'direct', figure: 'firstToken50' }),
      ),
      { limit: 30, unit: ' ms' },
    ),
    atMost('added gap between tokens, 200 streams, p99', added(results, 'gap99'), { limit: 40, unit: ' ms' }),
    atMost('CPU a token of a node on PostgreSQL, 200 streams, × SQLite', quotient(onPostgres, own), {
      limit: 1.3,
      unit: ' ×',
    }),
    atMost(
      'added gap between tokens at another node, 200 streams, p99',
      added(results, 'gap99', { peer: 'riacho-two-nodes' }),
      { limit: 60, unit: ' ms' },
    ),
    atMost('memory per active stream, 500 streams', at('sweep', '500', 'memoryPerStream'), {
      limit: 60_000,
      show: kilobytes,
      unit: ' kB',
    }),
    atMost('memory per idle reader', readerMemory, { limit: 20_000, show: kilobytes, unit: ' kB' }),
    atMost('catch-up after a cut, 20 KB reply, p50', at('cut', '20 KB', 'catchUp50'), {
      limit: 30,
      unit: ' ms',
    }),
    atMost('text sent again after a cut', at('cut', '20 KB', 'resentBytes'), { limit: 0, unit: ' bytes' }),
    atMost('Stop until the upstream socket is closed, p95', at('stop', '40', 'stop95'), {
      limit: 50,
      unit: ' ms',
    }),
    atMost('bytes on the wire per byte of text, 200 streams', at('sweep', '200', 'wireRatio'), {
      limit: 3,
      unit: ' ×',
    }),
    atMost('tokens lost, doubled or garbled, all loads', faults(results), { limit: 0 }),
    ...['list', 'open', 'search', 'send'].map(call =>
      atMost(`${call}, 100 → 100,000 messages`, grown(call), { limit: 2, unit: ' ×' }),
    ),
    atMost('cold start until ready', at('start', 'idle', 'coldStart'), { limit: 1000, unit: ' ms' }),
    atMost('idle memory', at('start', 'idle', 'idleMemory'), {
      limit: 140e6,
      show: megabytes,
      unit: ' MB',
    }),
  ].filter(goal => goal.value !== undefined)
}

export function goalsTable(results: Results): string {
  const rows = goalsOf(results).map(({ figure, goal, shown, isMet }) => [
    figure,
    goal,
    isMet ? shown : `**${shown}**`,
    isMet ? 'met' : '**missed**',
  ])
  return table(['figure', 'goal', 'measured', ''], rows)
}

function difference(value: number | undefined, less: number | undefined): number | undefined {
  return value === undefined || less === undefined ? undefined : value - less
}

function quotient(value: number | undefined, by: number | undefined): number | undefined {
  return value === undefined || !by ? undefined : value / by
}

function faults(results: Results): number | undefined {
  const mine = results.samples.filter(({ peer, scenario }) => peer === NAME && scenario === 'sweep')
  if (mine.length === 0) return undefined
  const variants = new Set(mine.map(({ variant }) => variant))
  let sum = 0
  for (const variant of variants) {
    for (const figure of ['lost', 'doubled', 'garbled', 'refused']) {
      for (const value of valuesOf(results, { scenario: 'sweep', variant, peer: NAME, figure })) sum += value
    }
  }
  return sum
}
