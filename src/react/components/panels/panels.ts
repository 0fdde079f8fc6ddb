import { createContext, useContext } from 'react'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Source } from '../../../protocol/parts.ts'
import type { Conversation } from '../../../protocol/responses.ts'

/** The panels that can open over the page, one at a time. */
export type Panel =
  | { name: 'palette' | 'settings' | 'shortcuts' }
  | { name: 'list'; isForSearch: boolean }
  | { name: 'rename' | 'share'; conversation: Conversation }
  | { name: 'passage'; source: Source }

export interface Panels {
  /** Opens a panel. When it closes, the focus goes back to where it is now. */
  show(panel: Panel): void
  /** Fetches the code of a panel, because the person is about to open it. */
  preload(name: Panel['name']): void
  /** Focuses the search field, wherever it is, and searches for `query`. */
  search(query?: string): void
}

/** The props of every panel. */
export interface PanelProps {
  client: ChatClient
  panels: Panels
  onClose(): void
  /** The panel calls it when it is gone. Puts the focus back where it was. */
  returnFocus(event: Event): void
}

export const PanelsContext = createContext<Panels | null>(null)

/** Whether the drawer covers this part of the page. The drawer then shows the notices itself. */
export const CoveredContext = createContext(false)

/** The functions that open panels. */
export function usePanels(): Panels {
  const panels = useContext(PanelsContext)
  if (!panels) throw new Error('client-4: no panels around this part of the page')
  return panels
}
