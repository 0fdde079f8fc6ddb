import { createContext, useContext } from 'react'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Conversation } from '../../../protocol/responses.ts'

/** What can lie over the page; one at a time. */
export type Panel =
  | { name: 'palette' | 'settings' | 'shortcuts' }
  | { name: 'list'; isForSearch: boolean }
  | { name: 'rename' | 'share'; conversation: Conversation }

export interface Panels {
  /** Opens a panel. When it closes, the keyboard goes back to where it is now. */
  show(panel: Panel): void
  /** Fetches a panel ahead: somebody is about to open it. */
  preload(name: Panel['name']): void
  /** Goes to the search field, wherever it is, and looks for `query`. */
  search(query?: string): void
}

/** What every panel is given. */
export interface PanelProps {
  client: ChatClient
  panels: Panels
  onClose(): void
  /** To be called once the panel is gone: gives the keyboard its place back. */
  returnFocus(event: Event): void
}

export const PanelsContext = createContext<Panels | null>(null)

/** The list of conversations lies over this part of the page, and says itself what happened to them. */
export const CoveredContext = createContext(false)

/** The way to open what lies over the page. */
export function usePanels(): Panels {
  const panels = useContext(PanelsContext)
  if (!panels) throw new Error('client-4: no panels around this part of the page')
  return panels
}
