import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { copyText } from '../../copyText.ts'
import { IconButton } from './iconButton.tsx'

/** Milliseconds for which it says that it has copied. */
const SHOWN = 2000

/** Puts a text on the clipboard, and says so. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const t = useTranslations()
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), SHOWN)
    return () => clearTimeout(timer)
  }, [isCopied])
  return (
    <>
      <IconButton label={label} onClick={async () => setCopied(await copyText(text))}>
        {isCopied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
      </IconButton>
      <span className="sr-only" aria-live="polite">
        {isCopied && t('actions.copied')}
      </span>
    </>
  )
}
