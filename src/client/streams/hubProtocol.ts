import type { Frame, RunPosition } from './runCursor.ts'

/**
 * In the names of the worker, the lock and the channel. To be raised when the messages below change: tabs of an older
 * build then go on among themselves, and those of a newer one too.
 */
export const HUB_NAME = 'riacho-streams-2'

/** What a tab says to the hub. A `view` is the tab's name for one run that it follows. */
export type ToHub =
  /** Send what comes after `position`. Said again, it also means: distrust a silent connection. */
  | { type: 'follow'; view: string; position: RunPosition; isVisible: boolean }
  | { type: 'leave'; view: string }
  | { type: 'hidden' }
  /** The answer to `ping`. */
  | { type: 'here' }

/** What the hub says to a tab. */
export type ToTab =
  | ToView
  | { type: 'ping' }
  /** The hub knows no view of this tab, for it is new or had no answer for too long: say `follow` again. */
  | { type: 'forgotten' }

export type ToView =
  | { type: 'frames'; view: string; frames: Frame[] }
  /** Answers `follow` at once, and comes again when it changes. */
  | { type: 'connection'; view: string; state: ConnectionState }
  /** Nothing will follow. Without a `run-end` before it, the conversation says how the run ended. */
  | { type: 'done'; view: string }

/** Whether the run comes in: it was asked for; it does; or the server cannot be reached, and another try waits. */
export type ConnectionState = 'asking' | 'live' | 'lost'

/** A way from a tab to the hub. */
export interface Link {
  post(message: ToHub): void
  /** The tab follows nothing for now. */
  rest(): void
  close(): void
}

export interface LinkHandlers {
  onMessage(message: ToTab): void
  /** There will be no answer. */
  onBroken(): void
}

/** Opens a link, or gives `null` where the browser has no such thing. */
export type OpenLink = (handlers: LinkHandlers) => Link | null
