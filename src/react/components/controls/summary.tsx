import { ChevronRight } from 'lucide-react'
import type { ComponentProps } from 'react'

/** The line that unfolds a `details` element. Its sign turns while the element is open. */
export function Summary({ className = '', children, ...props }: ComponentProps<'summary'>) {
  return (
    <summary className={`flex cursor-pointer list-none items-center gap-1.5 ${className}`} {...props}>
      <ChevronRight aria-hidden className="chevron size-4 shrink-0" />
      {children}
    </summary>
  )
}
