import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BENCH, ROOT } from '../harness/processes.ts'
import { figureOf, peersOf, type Results } from '../harness/results.ts'
import { PEERS } from '../peers/all.ts'
import { direct } from '../peers/pipes.ts'
import { riachoOnPower } from '../peers/riacho.ts'
import type { BrowserResults } from './browser.ts'
import { barChart, lineChart } from './charts.ts'
import { variantsOf } from './figures.ts'
import { tablesOf } from './page.ts'

const CHARTS = join(ROOT, 'docs', 'performance')

/** Writes the results to `bench/results/`, as JSON and as tables, and prints the tables. */
export function writeResults(results: Results, name: string): void {
  const folder = join(BENCH, 'results')
  mkdirSync(folder, { recursive: true })
  const tables = tablesOf(results)
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(join(folder, `${name}.md`), `${tables}\n`)
  console.log(`\n${tables}`)
}

/** Writes `docs/performance.md` and its charts from the results of a full run. */
export function writePage(results: Results): void {
  mkdirSync(CHARTS, { recursive: true })
  const charts = {
    'cpu-per-token': { chart: cpuChart(results), alt: 'CPU a relayed token, by relay' },
    cores: { chart: coreChart(results), alt: 'Share of a core, by streams' },
    history: { chart: historyChart(results), alt: 'Milliseconds to answer, by messages stored' },
  }
  for (const [name, { chart }] of Object.entries(charts)) writeFileSync(join(CHARTS, `${name}.svg`), chart)
  const text = (name: string) => readFileSync(join(BENCH, 'report', name), 'utf8').trim()
  const images = Object.entries(charts).map(([name, { alt }]) => `![${alt}](performance/${name}.svg)`)
  const page = [
    text('introduction.md'),
    ...images,
    tablesOf(results, browserResults()),
    text('notes.md'),
  ].join('\n\n')
  writeFileSync(join(ROOT, 'docs', 'performance.md'), `${page}\n`)
}

/** The results of the last full run of the benchmark in the browser. */
function browserResults(): BrowserResults | undefined {
  const path = join(BENCH, 'results', 'browser.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BrowserResults) : undefined
}

/** A chart shows Riacho once, as users start it. */
function relaysOf(results: Results) {
  const measured = peersOf(results).filter(name => name !== direct.name && name !== riachoOnPower.name)
  return PEERS.filter(({ name }) => measured.includes(name))
}

const labelOf = (title: string) => title.replaceAll(/[`*]/g, '')

function cpuChart(results: Results): string {
  const bars = relaysOf(results).map(({ name, title }) => ({
    label: labelOf(title),
    value: figureOf(results, { scenario: 'sweep', variant: '200', peer: name, figure: 'cpuPerToken' }) ?? 0,
    isOurs: name === 'riacho',
  }))
  return barChart({ title: 'CPU a relayed token, 200 streams × 50 tokens/s (µs; less is better)', bars })
}

function coreChart(results: Results): string {
  const places = variantsOf(results, 'sweep')
  const series = relaysOf(results).map(({ name, title }) => ({
    label: labelOf(title),
    isOurs: name === 'riacho',
    values: places.map(variant => {
      const share = figureOf(results, { scenario: 'sweep', variant, peer: name, figure: 'coreShare' })
      return share === undefined ? undefined : share * 100
    }),
  }))
  return lineChart({ title: '% of one core, by streams of 50 tokens/s', places, series })
}

function historyChart(results: Results): string {
  const places = variantsOf(results, 'history')
  const series = ['list', 'open', 'search', 'send'].map(figure => ({
    label: figure,
    isOurs: false,
    values: places.map(variant =>
      figureOf(results, { scenario: 'history', variant, peer: 'riacho', figure }),
    ),
  }))
  return lineChart({
    title: 'Riacho: ms to answer, by messages stored',
    places: places.map(place => Number(place).toLocaleString('en')),
    series,
  })
}
