import { isDisturbed, type Results } from '../harness/results.ts'
import { type BrowserResults, browserTables } from './browser.ts'
import { percent } from './format.ts'
import { goalsTable } from './goals.ts'
import { ladderTable } from './ladder.ts'
import { filesTable, historyTable, otherTable, sweepTable, tokenTable, toolsTable } from './tables.ts'

/** Every table of one run of the benchmark, in Markdown. */
export function tablesOf(results: Results, browser?: BrowserResults): string {
  const { machine, at, rounds, samples } = results
  const disturbed = samples.filter(isDisturbed).length
  const has = (scenario: string) => samples.some(sample => sample.scenario === scenario)
  const parts = [
    `Measured ${at.slice(0, 10)} on ${machine}. Rounds: ${rounds}. Figures are medians. If there is more than one round, brackets
show the range. Of ${samples.length} measurements ${disturbed} were disturbed: other processes used more than a tenth of one of
the two cores meanwhile. If a figure has undisturbed rounds, only those count.`,
    section('Riacho against its goals', goalsTable(results)),
    has('sweep') && section('A token, at 200 streams × 50 tokens/s', tokenTable(results)),
    has('sweep') && section('Core used, by streams', sweepTable(results, 'coreShare', percent)),
    has('sweep') && section('Delivered in time, by streams', sweepTable(results, 'deliveredShare', percent)),
    has('sweep') &&
      section('Time to first token, p99 in ms, by streams', sweepTable(results, 'firstToken99')),
    has('ladder') && section('Streams that one core holds', ladderTable(results)),
    section('Everything else', otherTable(results)),
    has('tools') && section('A reply with two calls of tools', toolsTable(results)),
    has('files') && section('Files', filesTable(results)),
    has('history') && section('Riacho, by messages stored', historyTable(results)),
    has('crash') && section('Boot after a crash', crashLine(results)),
    browser && browserTables(browser),
  ]
  return parts.filter(Boolean).join('\n\n')
}

function section(title: string, body: string): string {
  return `## ${title}\n\n${body}`
}

function crashLine({ samples }: Results): string {
  const figures = samples.flatMap(sample => (sample.scenario === 'crash' ? [sample.figures] : []))
  const all = (figure: string) => figures.map(each => Math.round(each[figure] ?? 0)).join(', ')
  const first = `The database held 10,000 replies of 1,000 owners that a killed process left. The next process was ready after ${all('boot')} ms.`
  // Earlier versions ended each reply before they were ready.
  if (figures.every(({ answer }) => answer === undefined)) return first
  return `${first} It answered an owner, whose replies had ended by then, ${all('answer')} ms later. All had ended ${all('allEnded')} ms after its start.`
}
