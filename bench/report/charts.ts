const WIDTH = 720
const LABELS = 230
/** The number of colours for lines of other relays. */
const COLOURS = 5
const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.grid { stroke: #d0d7de; stroke-width: 1 }
.bar { fill: #8c959f }
.bar.ours { fill: #0b7a5b }
.line { fill: none; stroke-width: 2 }
.line.ours { stroke: #0b7a5b; stroke-width: 4 }
.c0 { stroke: #8c959f }
.c1 { stroke: #bf8700 }
.c2 { stroke: #2f81f7 }
.c3 { stroke: #a371f7 }
.c4 { stroke: #e5534b }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .grid { stroke: #30363d }
  .bar.ours { fill: #4fd1a5 }
  .line.ours { stroke: #4fd1a5 }
}
</style>`

export interface Bar {
  label: string
  value: number
  isOurs: boolean
}

/** A bar chart with the value beside each bar. The SVG is readable on light and dark pages. */
export function barChart({ title, bars }: { title: string; bars: readonly Bar[] }): string {
  const most = Math.max(...bars.map(bar => bar.value))
  const rows = bars.map(({ label, value, isOurs }, index) => {
    const y = 44 + index * 30
    const width = Math.max(1, ((WIDTH - LABELS - 80) * value) / most)
    return [
      `<text x="${LABELS - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="bar${isOurs ? ' ours' : ''}" x="${LABELS}" y="${y}" width="${round(width)}" height="20" rx="3"/>`,
      `<text x="${round(LABELS + width + 8)}" y="${y + 15}">${round(value)}</text>`,
    ].join('\n')
  })
  return svg({ title, height: 60 + bars.length * 30, body: rows.join('\n') })
}

export interface Series {
  label: string
  /** One value for each place on the x axis. `undefined` if it was not measured. */
  values: readonly (number | undefined)[]
  isOurs: boolean
}

/** A line chart. The places are at equal distances, and the y axis begins at 0. */
export function lineChart({
  title,
  places,
  series,
}: {
  title: string
  places: readonly string[]
  series: readonly Series[]
}): string {
  const [left, right, top, bottom] = [60, WIDTH - 260, 50, 290]
  const most = roundedUp(Math.max(...series.flatMap(({ values }) => values.map(value => value ?? 0)), 1))
  const xOf = (index: number) => round(left + ((right - left) * index) / Math.max(1, places.length - 1))
  const yOf = (value: number) => round(bottom - ((bottom - top) * value) / most)
  const grid = [0, 0.25, 0.5, 0.75, 1].map(share => {
    const y = yOf(most * share)
    return `<line class="grid" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>
<text x="${left - 8}" y="${y + 4}" text-anchor="end">${round(most * share)}</text>`
  })
  const names = places.map(
    (place, index) =>
      `<text x="${xOf(index)}" y="${bottom + 20}" text-anchor="middle">${escaped(place)}</text>`,
  )
  const lines = series.map(({ label, values, isOurs }, index) => {
    const points = values.flatMap((value, place) =>
      value === undefined ? [] : [`${xOf(place)},${yOf(value)}`],
    )
    const kind = isOurs ? 'ours' : `c${index % COLOURS}`
    const y = top + 10 + index * 22
    return `<polyline class="line ${kind}" points="${points.join(' ')}"/>
<line class="line ${kind}" x1="${right + 18}" x2="${right + 38}" y1="${y - 4}" y2="${y - 4}"/>
<text x="${right + 46}" y="${y}">${escaped(label)}</text>`
  })
  return svg({ title, height: 330, body: [...grid, ...names, ...lines].join('\n') })
}

/** The next number from `value` on that four divides well. */
function roundedUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 4, 5, 8, 10].find(factor => factor * unit >= value) ?? 10
  return step * unit
}

function svg({ title, height, body }: { title: string; height: number; body: string }): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
${STYLE}
<text class="title" x="16" y="24">${escaped(title)}</text>
${body}
</svg>
`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
