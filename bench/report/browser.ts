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

### Long conversations

The page opens the conversation with an empty cache. \`open\` ends when the last reply can be read. Then the page scrolls up at
3,600 pixels a second, and jumps to the top. \`link\` is the time from the navigation to the address of the oldest message
until that message is drawn. Tasks are in processor time. Each reply is 1.6 KB of mixed Markdown.

${longTable(long)}

### Goals

${goalTable(rows, long)}`
}

function longTable(long: readonly LongConversation[]): string {
  return table(
    [
      'messages',
      'processor',
      'open, ms',
      'longest task',
      'frame p50, ms',
      'p95',
      'messages not drawn when seen',
      'top, ms',
      'longest task',
      'link, ms',
      'heap, kB',
    ],
    long.map(one => [
      number(one.messages),
      one.slowdown === 1 ? 'as it is' : `slowed ${one.slowdown} ×`,
      ...[one.opened, one.openTask, one.frameP50, one.frameP95].map(number),
      `${number(one.blank * 100)} %`,
      ...[one.top, one.scrollTask, one.linked].map(number),
      kilobytes(one.heap),
    ]),
  )
}

/** What is measured beside what is wanted. A figure that was not measured has no row. */
function goalTable(rows: readonly BrowserRow[], long: readonly LongConversation[]): string {
  const figure = (characters: number, subject: string, name: string) =>
    rows.find(
      row =>
        row.characters === characters &&
        row.updateMs === 50 &&
        row.slowdown === 4 &&
        row.subject.includes(subject),
    )?.figures[name]
  const ratioOf = (characters: number) => {
    const [ours, plain] = ['Riacho', 'plain'].map(subject => figure(characters, subject, 'total'))
    return ours && plain ? ours / plain : undefined
  }
  const longest = long.find(({ messages, slowdown }) => messages === 10_000 && slowdown === 1)?.scrollTask
  const goals: [what: string, measured: number | undefined, most: number][] = [
    ['20 KB each 50 ms, slowed 4 ×: main thread ÷ plain text', ratioOf(20_000), 1.2],
    ['60 KB each 50 ms, slowed 4 ×: tasks over 50 ms', figure(60_000, 'Riacho', 'longTasks'), 0],
    ['10,000 messages: longest task while it scrolls, ms', longest, 200],
  ]
  return table(
    ['', 'measured', 'at most'],
    goals.flatMap(([what, measured, most]) =>
      measured === undefined ? [] : [[what, measured.toFixed(2), String(most)]],
    ),
  )
}
