import { useState } from 'react'
import { Button } from './button.tsx'

interface SureButtonProps {
  shape: 'quiet' | 'secondary'
  className: string
  text: string
  /** The question, whose press is the answer. */
  sure: string
  /** What the button is about, for who does not see the row. */
  about?: string
  onSure(): void
}

/** Acts at the second press. Whoever leaves the button has to press twice again. */
export function SureButton({ text, sure, about, onSure, ...look }: SureButtonProps) {
  const [isAsked, setAsked] = useState(false)
  const shown = isAsked ? sure : text
  return (
    <Button
      {...look}
      {...(about !== undefined && { 'aria-label': `${shown}: ${about}` })}
      onClick={() => (isAsked ? onSure() : setAsked(true))}
      onBlur={() => setAsked(false)}
    >
      {shown}
    </Button>
  )
}
