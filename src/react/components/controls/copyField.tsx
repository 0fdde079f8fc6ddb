import { Check, Copy } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { useCopied } from '../../useCopied.ts'
import { Button } from './button.tsx'

interface CopyFieldProps {
  /** What is copied. */
  value: string
  /** What it is, for who does not see it. */
  label: string
  copy: string
  copied: string
  className?: string
  /** Further buttons. */
  children?: ReactNode
}

/** Shows something new that is to be copied, with its button in focus. */
export function CopyField({ value, label, copy, copied, className = '', children }: CopyFieldProps) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  const copying = useCopied(value)
  return (
    <div className="mt-1 flex flex-wrap gap-2">
      <input
        readOnly
        value={value}
        aria-label={label}
        onFocus={event => event.target.select()}
        className={`h-11 flex-1 rounded-lg border border-line-strong bg-bg px-3 text-sm ${className}`}
      />
      <Button ref={button} shape="primary" className="h-11!" onClick={copying.copy}>
        {copying.isCopied ? (
          <Check aria-hidden className="size-4" />
        ) : (
          <Copy aria-hidden className="size-4" />
        )}
        <span aria-live="polite">{copying.isCopied ? copied : copy}</span>
      </Button>
      {children}
    </div>
  )
}
