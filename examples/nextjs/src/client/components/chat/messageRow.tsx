import { memo } from 'react'

export interface Row {
  id: string
  role: 'USER' | 'ASSISTANT'
  text: string
}

/** Drawn anew only if its text changes, so a growing reply redraws itself alone. */
export const MessageRow = memo(function MessageRow({ role, text }: Row) {
  return <li data-role={role}>{text || 'digitando…'}</li>
})
