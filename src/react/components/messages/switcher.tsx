import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { IconButton } from '../controls/iconButton.tsx'

interface SwitcherProps {
  /** The ids of the message and its siblings, oldest first. */
  siblings: readonly string[]
  id: string
  isDisabled: boolean
  onChoose(messageId: string): void
}

/** Says which sibling this message is, and leads to the others. Draws nothing if it has none. */
export function Switcher({ siblings, id, isDisabled, onChoose }: SwitcherProps) {
  const t = useTranslations()
  if (siblings.length < 2) return null
  const index = siblings.indexOf(id)
  const [previous, next] = [siblings[index - 1], siblings[index + 1]]
  const position = { number: index + 1, count: siblings.length }
  return (
    <fieldset aria-label={t('version.label')} className="flex items-center text-muted text-sm">
      <IconButton
        label={t('version.previous')}
        aria-disabled={isDisabled || previous === undefined}
        onClick={() => previous !== undefined && onChoose(previous)}
      >
        <ChevronLeft aria-hidden className="size-4" />
      </IconButton>
      <span aria-hidden className="min-w-9 text-center tabular-nums">
        {position.number} / {position.count}
      </span>
      <span className="sr-only" aria-live="polite">
        {t('version.position', position)}
      </span>
      <IconButton
        label={t('version.next')}
        aria-disabled={isDisabled || next === undefined}
        onClick={() => next !== undefined && onChoose(next)}
      >
        <ChevronRight aria-hidden className="size-4" />
      </IconButton>
    </fieldset>
  )
}
