import { useEffect, useState } from 'react'
import { copyText } from '../browser/copyText.ts'

/** Milliseconds for which a button says that it has copied. */
const SHOWN = 2000

/** Whether `text` was just put on the clipboard, and the way to put it there. */
export function useCopied(text: string): { isCopied: boolean; copy: () => Promise<void> } {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), SHOWN)
    return () => clearTimeout(timer)
  }, [isCopied])
  return { isCopied, copy: async () => setCopied(await copyText(text)) }
}
