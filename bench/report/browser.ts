import type { LongConversation } from '../browser/long.ts'
import { kilobytes, number, orDash, table } from './format.ts'

/** The results of `bench/browser/timeBrowser.ts`. */
export interface BrowserResults {
  machine: string
  at: string
  rounds: number
  rows: BrowserRow[]
  long: LongConversation[]
}

interface BrowserRow {
  characters: number
  updateMs: number
  slowdown: number
  subject: string
  figures: Record<string, number>
}

const COLUMNS: readonly [title: string, figure: string, show?: (value: number) => string][] = [
  ['main thread, ms', 'total'],
  ['without a trace', 'untraced'],
  ['asked for', 'asked'],
  ['script', 'script'],
  ['layout', 'layout'],
  ['paint', 'paint'],
  ['other', 'other'],
  ['longest task', 'longest'],
  ['tasks > 50 ms', 'longTasks'],
  ['frames', 'frames'],
  ['dropped', 'dropped'],
  ['heap, kB', 'heap', kilobytes],
]

/** The tables in Markdown, one for each load. */
export function browserTables({ machine, at, rounds, rows, long }: BrowserResults): string {
  const loads = Map.groupBy(
    rows,
    ({ characters, updateMs, slowdown }) =>
      `${characters / 1000} KB in updates of ${updateMs} ms, processor ${slowdown === 1 ? 'as it is' : `slowed ${slowdown} ×`}`,
  )
  const tables = [...loads].map(([load, ofLoad]) => {
    const cells = ofLoad.map(({ subject, figures }) => [
      subject,
      ...COLUMNS.map(([, figure, show = number]) => orDash(figures[figure], show)),
    ])
    return `### ${load}\n\n${table(['', ...COLUMNS.map(([title]) => title)], cells)}`
  })
  const opened = rows.filter(({ figures }) => 'firstPaint' in figures)
  const openings = [...Map.groupBy(opened, ({ subject, slowdown }) => `${subject} at ${slowdown} ×`)].map(
    ([which, all]) => {
      const most = (figure: string) => Math.max(...all.map(({ figures }) => figures[figure] ?? 0))
      return `${which} ${number(most('firstPaint'))} ms, with a layout shift of ${most('shift').toFixed(4)}`
    },
  )
  return `## In the browser

Measured ${at.slice(0, 10)} on ${machine}. Rounds: ${rounds}. Figures are medians.

- \`main thread, ms\` is the processor time of all tasks of the main thread, from a trace. \`script\`, \`layout\`, \`paint\` and
  \`other\` are its parts. \`layout\` includes style. Where the processor is slowed, the time that the slowing itself takes is
  counted too.
- \`without a trace\` is the same time from the counters of the browser, in a separate run, because tracing takes time too. It is
  measured only where the processor is not slowed.
- \`asked for\`: script, style and layout. It is a part of the column before it. The browser needs the rest to paint and to run
  tasks.
- \`dropped\` is the number of frames that Chromium calls dropped. \`heap\` is what the reply left in the heap.
- The last row only appends the same text to plain nodes. If this row misses a goal, no page can reach it.

${tables.join('\n\n')}

Time to the first paint with an empty cache, the slowest of all loads: ${openings.join('; ')}.

### A conversation of ${number(long[0]?.messages ?? 0)} messages

The page opens the conversation with an empty cache. \`open\` ends when the last reply can be read. Then the page scrolls up at
3,600 pixels a second. Each reply is 1.6 KB of mixed Markdown.

${longTable(long)}`
}

function longTable(long: readonly LongConversation[]): string {
  return table(
    ['processor', 'open, ms', 'frame p50, ms', 'p95', 'messages not drawn when seen'],
    long.map(({ slowdown, opened, frameP50, frameP95, blank }) => [
      slowdown === 1 ? 'as it is' : `slowed ${slowdown} ×`,
      ...[opened, frameP50, frameP95].map(number),
      `${number(blank * 100)} %`,
    ]),
  )
}
