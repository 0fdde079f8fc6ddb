import type { ReactNode } from 'react'
import { SMALL_HEIGHT } from '../controls/button.tsx'

interface ActionRowProps {
  label: string
  /** Visible even if the person does not point at the message. */
  isShown: boolean
  isAtEnd?: boolean
  children: ReactNode
}

/**
 * The actions of a message, below it. They are visible while the person points at the message or the focus is in it, and
 * always on a touch screen. The row keeps its height when they are not.
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

/** Keeps the room for an action row that comes later. */
export function NoActions() {
  return <div aria-hidden className={`mt-1 print:hidden ${SMALL_HEIGHT}`} />
}
