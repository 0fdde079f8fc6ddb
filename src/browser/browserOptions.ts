import type { Address } from '../client/browser.ts'
import type { TextStorage } from '../client/chat/composing/tabStorage.ts'

/** How one Riacho is used in a page. */
export interface BrowserOptions {
  /** Where it is mounted: before every path. */
  base: string
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Stands before all names in storage, of channels and of locks (`ownerScope.ts`). */
  scope: string
  /** What is written outlives the page. */
  isKept: boolean
  address(session: TextStorage): Address
}
