import { Check, Sheet } from 'lucide-react'
import { memo, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { csvOf } from '../../browser/clipboardFormats.ts'
import { useCopied } from '../useCopied.ts'

/** Copies the table before it as comma-separated values. */
export const CopyTable = memo(function CopyTable() {
  const t = useTranslations()
  const box = useRef<HTMLDivElement>(null)
  const { isCopied, copy } = useCopied(() => {
    const table = box.current?.previousElementSibling?.querySelector('table')
    return table ? csvOf(table) : ''
  })
  const Icon = isCopied ? Check : Sheet
  const label = t('markdown.copyTable')
  return (
    <div ref={box} className="flex justify-end print:hidden">
      <button
        type="button"
        aria-label={label}
        title={label}
        onClick={copy}
        className="grid size-8 pointer-coarse:size-11 place-items-center rounded-lg text-muted hover:bg-subtle hover:text-text"
      >
        <Icon aria-hidden className="size-4" />
      </button>
      <span aria-live="polite" className="sr-only">
        {isCopied && t('actions.copied')}
      </span>
    </div>
  )
})
