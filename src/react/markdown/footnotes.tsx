import { type MouseEvent, useContext } from 'react'
import { useTranslations } from 'use-intl'
import { FootnotesContext } from './documentContext.ts'
import type { FootnoteToken, MarkdownToken } from './parsing/grammar.ts'

const REFERENCE = 'data-footnote'

/** `[^1]` in a text. It leads to its note once that is there. */
export function FootnoteReference({ label }: { label: string }) {
  const t = useTranslations()
  const { prefix, labels, numbers } = useContext(FootnotesContext)
  const id = `${prefix}${label}`
  const number = numbers.get(label) ?? label
  if (!labels.has(label)) return <sup>{/^\d+$/.test(label) ? label : number}</sup>
  return (
    <sup>
      <a
        href={`#${id}`}
        {...{ [REFERENCE]: id }}
        aria-label={t('markdown.footnote', { label: number })}
        onClick={event => go(event, document.getElementById(id))}
      >
        {number}
      </a>
    </sup>
  )
}

/** The link from a note back to where the text first refers to it. */
export function FootnoteBack({ label, number }: { label: string; number: number }) {
  const t = useTranslations()
  const { prefix } = useContext(FootnotesContext)
  const back = (event: MouseEvent) =>
    go(event, document.querySelector(`[${REFERENCE}="${CSS.escape(`${prefix}${label}`)}"]`))
  return (
    <a href={`#${prefix}${label}`} aria-label={t('markdown.footnoteBack', { label: number })} onClick={back}>
      ↩
    </a>
  )
}

/** The notes among the tokens of a block, in order. They may stand inside lists and quotations. */
export function footnotesIn(tokens: readonly MarkdownToken[]): FootnoteToken[] {
  return tokens.flatMap(token => {
    if (token.type === 'footnote') return [token]
    if (token.type === 'blockquote' || token.type === 'details')
      return footnotesIn(token.tokens as MarkdownToken[])
    if (token.type === 'list') return token.items.flatMap(item => footnotesIn(item.tokens as MarkdownToken[]))
    return []
  })
}

/** Jumps to a place in a message without changing the address, because that belongs to the application. */
function go(event: MouseEvent, target: Element | null): void {
  event.preventDefault()
  if (!(target instanceof HTMLElement)) return
  target.scrollIntoView({ block: 'nearest' })
  target.focus({ preventScroll: true })
}
