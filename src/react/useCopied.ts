import { useEffect, useState } from 'react'
import { copyText } from '../browser/copyText.ts'

/** Milliseconds for which a button says that the text is copied. */
const SHOWN = 2000

/**
 * Whether `text` was just copied to the clipboard, and the function that copies it. `html` gives the same as HTML, for
 * programs that take that.
 */
export function useCopied(
  text: string | (() => string),
  html?: () => string,
): { isCopied: boolean; copy: () => Promise<void> } {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), SHOWN)
    return () => clearTimeout(timer)
  }, [isCopied])
  return {
    isCopied,
    copy: async () => setCopied(await copyText(typeof text === 'string' ? text : text(), html?.())),
  }
}
