import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Summary } from '../components/controls/summary.tsx'
import { Inline } from './inline.tsx'

interface DetailsBlockProps {
  summary: string
  /** Its closing tag has come. A block that the reader saw growing stays open. */
  isClosed: boolean
  children: ReactNode
}

/** Blocks of a reply that the model folded below a summary. */
export function DetailsBlock({ summary, isClosed, children }: DetailsBlockProps) {
  const t = useTranslations()
  const [isOpen, setOpen] = useState(!isClosed)
  return (
    <details open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
      <Summary>
        <span>{summary === '' ? t('markdown.details') : <Inline text={summary} />}</span>
      </Summary>
      {children}
    </details>
  )
}
