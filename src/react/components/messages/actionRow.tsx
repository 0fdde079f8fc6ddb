import type { ReactNode } from 'react'
import { SMALL_HEIGHT } from '../controls/button.tsx'

interface ActionRowProps {
  label: string
  /** Seen without pointing at the message. */
  isShown: boolean
  isAtEnd?: boolean
  children: ReactNode
}

/**
 * What can be done with a message, below it: seen when it is pointed at or has the keyboard, always where nothing points.
 * Its height is there in any case.
 */
export function ActionRow({ label, isShown, isAtEnd = false, children }: ActionRowProps) {
  const hidden =
    'pointer-fine:opacity-0 pointer-fine:group-hover:opacity-100 pointer-fine:group-focus-within:opacity-100 ' +
    'pointer-fine:has-data-[state=open]:opacity-100'
  return (
    <fieldset
      aria-label={label}
      className={`mt-1 flex min-w-0 flex-wrap items-center print:hidden ${
        isAtEnd ? '-mr-2 justify-end' : '-ml-2'
      } ${isShown ? '' : hidden}`}
    >
      {children}
    </fieldset>
  )
}

/** The room of an action row that is still to come. */
export function NoActions() {
  return <div aria-hidden className={`mt-1 print:hidden ${SMALL_HEIGHT}`} />
}
