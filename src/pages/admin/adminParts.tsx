import { type ReactNode, useId, useState } from 'react'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import type { AdminData, AdminPages } from './useAdminData.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** Shows what was read. Until then it says that it loads, or why it cannot be read. */
export function Loaded<Value>({
  data: { value, failure, read },
  children,
}: {
  data: AdminData<Value>
  children: (value: Value) => ReactNode
}) {
  const texts = useAdminTexts()
  return (
    <>
      {failure && (
        <div className="mt-4">
          <FailureNote failure={failure} />
          <Button shape="secondary" onClick={read}>
            {texts.again}
          </Button>
        </div>
      )}
      {value === null && !failure && <Waiting />}
      {value !== null && children(value)}
    </>
  )
}

function Waiting() {
  const texts = useAdminTexts()
  const bar = 'rounded bg-subtle motion-safe:animate-pulse'
  return (
    <div className="mt-6">
      <p role="status" className="sr-only">
        {texts.loading}
      </p>
      <div aria-hidden className="space-y-4">
        <div className={`${bar} h-16 w-full`} />
        <div className={`${bar} h-4 w-2/3`} />
        <div className={`${bar} h-4 w-1/2`} />
      </div>
    </div>
  )
}

/** The button for the next page of a list. */
export function More({ pages: { hasMore, more } }: { pages: AdminPages<unknown> }) {
  const texts = useAdminTexts()
  if (!hasMore) return null
  return (
    <Button shape="secondary" className="mt-4" onClick={more}>
      {texts.more}
    </Button>
  )
}

export function Empty({ children }: { children: ReactNode }) {
  return (
    <p className="mt-4 rounded-xl border border-line bg-surface px-4 py-6 text-center text-muted">
      {children}
    </p>
  )
}

/** A part of a section, with a title. */
export function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="mt-8">
      <h2 id={id} className="font-semibold text-lg">
        {title}
      </h2>
      {children}
    </section>
  )
}

/** What a table has in its rows. The first cell names the row. */
export interface Rows {
  caption: string
  head: readonly string[]
  rows: readonly { key: string; cells: readonly ReactNode[] }[]
}

/** A table that scrolls sideways for itself, where the screen is narrow. */
export function DataTable({ caption, head, rows }: Rows) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard */}
      <div tabIndex={0} className="mt-3 overflow-x-auto rounded-xl border border-line bg-surface">
        <table className="w-full border-collapse text-sm">
          <caption className="sr-only">{caption}</caption>
          <thead>
            <tr>
              {head.map(each => (
                <th
                  key={each}
                  scope="col"
                  className="whitespace-nowrap px-3 py-2 text-left font-medium text-muted"
                >
                  {each}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, cells: [name, ...cells] }) => (
              <tr key={key} className="border-line border-t">
                <th scope="row" className="px-3 py-2 text-left font-normal">
                  {name}
                </th>
                {cells.map((cell, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                  <td key={index} className="px-3 py-2">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

/** Names and values of one thing in a list. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl
      className={`mt-2 grid grid-cols-2 gap-x-4 gap-y-1 ${facts.length > 3 ? 'sm:grid-cols-4' : 'sm:grid-cols-3'}`}
    >
      {facts.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="text-muted text-xs">{name}</dt>
          <dd className="break-words text-sm tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What has to be corrected. */
export function Problems({ problems }: { problems: readonly string[] }) {
  const texts = useAdminTexts()
  return (
    <div role="alert">
      {problems.length > 0 && (
        <div className="mt-2 rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">
          <p>{texts.problems}</p>
          <ul className="list-disc break-words pl-5">
            {problems.map(problem => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

/** How much of an amount is used. A text beside it says the same. */
export function UsedBar({ used, limit }: { used: number; limit: number }) {
  return (
    <div aria-hidden className="mt-2 h-2 overflow-hidden rounded-full bg-subtle">
      <div className="h-full bg-accent" style={{ width: `${Math.min(100, (used / limit) * 100)}%` }} />
    </div>
  )
}

export const FIELD = 'mt-1 block h-11 w-full rounded-lg border border-line-strong bg-surface px-3 text-base'

interface AskedButtonProps {
  text: string
  /** The question, whose press is the answer. */
  sure: string
  /** What the button is about, for who does not see the row. */
  about: string
  isDanger?: boolean
  onSure(): void
}

/** Acts at the second press. Whoever leaves the button has to press twice again. */
export function AskedButton({ text, sure, about, isDanger = false, onSure }: AskedButtonProps) {
  const [isAsked, setAsked] = useState(false)
  const shown = isAsked ? sure : text
  return (
    <Button
      shape="quiet"
      className={isDanger ? 'text-danger!' : ''}
      aria-label={`${shown}: ${about}`}
      onClick={() => {
        setAsked(!isAsked)
        if (isAsked) onSure()
      }}
      onBlur={() => setAsked(false)}
    >
      {shown}
    </Button>
  )
}
