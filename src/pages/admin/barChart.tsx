import { useId } from 'react'
import type { AdminDay } from '../../protocol/admin/adminResponses.ts'
import { DataTable } from './adminParts.tsx'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** The units of the drawing. It is stretched to the room there is, so that no text stands in it. */
const HEIGHT = 100
const STEP = 10
const BAR = 7

/** The next of 1, 2, 5, 10, 20, … from `most` on, so that the lines have short numbers. */
export function roundUp(most: number): number {
  if (most <= 4) return Math.max(1, most)
  const unit = 10 ** Math.floor(Math.log10(most))
  return unit * ([1, 2, 5, 10].find(step => step * unit >= most) ?? 10)
}

/** Replies a day, as bars, and on demand as a table. */
export function BarChart({ days }: { days: readonly AdminDay[] }) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const top = roundUp(Math.max(...days.map(({ runs }) => runs)))
  const lines = [top, top / 2, 0].filter(Number.isInteger)
  const first = days.at(0)
  const middle = days.length > 2 ? days[Math.floor(days.length / 2)] : undefined
  const last = days.length > 1 ? days.at(-1) : undefined
  return (
    <>
      <div className="mt-3 rounded-xl border border-line bg-surface p-3">
        <div className="flex h-44 gap-2">
          <div
            aria-hidden
            className="-my-2 flex flex-col justify-between text-right text-muted text-xs leading-4 tabular-nums"
          >
            {lines.map(line => (
              <span key={line}>{format.number(line)}</span>
            ))}
          </div>
          <Bars days={days} lines={lines} top={top} />
        </div>
        <div aria-hidden className="mt-3 flex justify-between gap-2 pl-8 text-muted text-xs">
          {[first, middle, last].map(each => each && <span key={each.day}>{format.day(each.day)}</span>)}
        </div>
      </div>
      <details className="mt-2">
        <summary className="inline-flex min-h-10 pointer-coarse:min-h-11 cursor-pointer items-center text-accent text-sm underline underline-offset-2">
          {texts.asTable}
        </summary>
        <DataTable
          caption={texts.repliesADay}
          head={[texts.day, texts.figures.runs]}
          rows={days.map(({ day, runs }) => ({ key: day, cells: [format.day(day), format.number(runs)] }))}
        />
      </details>
    </>
  )
}

interface BarsProps {
  days: readonly AdminDay[]
  /** The numbers at which lines are drawn. */
  lines: readonly number[]
  /** The number at the upper edge. */
  top: number
}

function Bars({ days, lines, top }: BarsProps) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const [title, description] = [useId(), useId()]
  const highest = days.reduce((best, each) => (each.runs > best.runs ? each : best), { day: '', runs: 0 })
  const heightOf = (runs: number) => (runs / top) * HEIGHT
  return (
    <svg
      viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-labelledby={`${title} ${description}`}
      className="h-full min-w-0 flex-1"
    >
      <title id={title}>{texts.repliesADay}</title>
      <desc id={description}>
        {highest.runs === 0
          ? texts.chartEmpty
          : texts.chartOf(format.number(highest.runs), format.day(highest.day))}
      </desc>
      {lines.map(line => (
        <line
          key={line}
          x1={0}
          x2={days.length * STEP}
          y1={HEIGHT - heightOf(line)}
          y2={HEIGHT - heightOf(line)}
          stroke="var(--line)"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {days.map(({ day, runs }, index) => (
        <rect
          key={day}
          x={index * STEP + (STEP - BAR) / 2}
          y={HEIGHT - heightOf(runs)}
          width={BAR}
          height={heightOf(runs)}
          fill="var(--accent)"
        />
      ))}
    </svg>
  )
}
