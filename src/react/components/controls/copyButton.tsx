import { Check, Copy } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useCopied } from '../../useCopied.ts'
import { IconButton } from './iconButton.tsx'

interface CopyButtonProps {
  text: string
  /** Gives the same as HTML. */
  html?: () => string
  label: string
}

/** Copies a text to the clipboard, and says so. */
export function CopyButton({ text, html, label }: CopyButtonProps) {
  const t = useTranslations()
  const { isCopied, copy } = useCopied(text, html)
  return (
    <>
      <IconButton label={label} onClick={copy}>
        {isCopied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
      </IconButton>
      <span className="sr-only" aria-live="polite">
        {isCopied && t('actions.copied')}
      </span>
    </>
  )
}
