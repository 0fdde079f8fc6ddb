import { FileText } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Summary } from '../controls/summary.tsx'

/** A file of a message, folded. Its text is shown as it is, not as Markdown. */
export function FileBlock({ name, text }: { name: string; text: string }) {
  const t = useTranslations()
  return (
    <details className="w-full rounded-lg border border-line bg-surface text-sm">
      <Summary className="rounded-lg px-3 py-2 pointer-coarse:py-3">
        <FileText aria-hidden className="size-4 shrink-0 text-muted" />
        <span dir="auto" className="min-w-0 flex-1 truncate">
          {name}
        </span>
        <span className="text-muted text-xs">{t('attachment.size', { characters: text.length })}</span>
      </Summary>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
        tabIndex={0}
        dir="auto"
        className="max-h-80 overflow-auto whitespace-pre-wrap break-words border-line border-t px-3 py-2 font-mono text-xs"
      >
        {text}
      </pre>
    </details>
  )
}
