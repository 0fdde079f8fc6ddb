import { type ComponentType, createContext, type ReactNode, type RefObject, useContext } from 'react'
import type { AssistantResponse, Message } from '../protocol/responses.ts'

/** What each part of a chat that an app can draw itself is given. */
export interface SlotValues {
  /** Above the composer of an empty conversation. `null` until the assistants are read. */
  greeting: { assistant: AssistantResponse | null }
  /** Above the conversation: its title and its actions. */
  header: { title: string }
  /** A message. `null` while it is sent or written; what is drawn around it then stays when it is stored. */
  message: { message: Message | null }
  /** Beside the text field: the button that sends or stops. */
  composerActions: object
}

/** Parts of a chat that an app draws itself. `children` is what Riacho draws, so a part can also be drawn around it. */
export type ChatSlots = {
  [Name in keyof SlotValues]?: ComponentType<SlotValues[Name] & { children: ReactNode }> | undefined
}

/** What a chat has of the page around it. */
export interface Surface {
  /** The page belongs to Riacho: its address, its title, its shortcuts and what can be printed of it. */
  isOwnPage: boolean
  /** The element of the chat. `null` on a page of Riacho, all of which is the chat. */
  root: RefObject<HTMLElement | null> | null
  /** Where dialogs and menus are drawn; `undefined` is the end of the page. */
  layers: HTMLElement | undefined
  slots: ChatSlots
}

/** A page of Riacho. */
export const SurfaceContext = createContext<Surface>({
  isOwnPage: true,
  root: null,
  layers: undefined,
  slots: {},
})

export function useSurface(): Surface {
  return useContext(SurfaceContext)
}
