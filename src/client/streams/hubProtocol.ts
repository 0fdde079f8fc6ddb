import type { Frame, RunPosition } from './runCursor.ts'

/**
 * In the names of the worker, the lock and the channel. It has to change with the messages below: then tabs of an older
 * build share a hub of their own, and those of the newer build another one.
 */
export const HUB_NAME = 'riacho-streams-2'

/** A message from a tab to the hub. A `view` is the tab's name for one run that it follows. */
export type MessageToHub =
  /** Send what comes after `position`. A repeat also asks the hub to reconnect if the connection has been silent. */
  | { type: 'follow'; view: string; position: RunPosition; isVisible: boolean }
  | { type: 'leave'; view: string }
  | { type: 'hidden' }
  /** The answer to `ping`. */
  | { type: 'here' }

/** A message from the hub to a tab. */
export type MessageToTab =
  | MessageToView
  | { type: 'ping' }
  /** The hub knows no view of this tab, because the hub is new or the tab did not answer. The tab follows again. */
  | { type: 'forgotten' }

export type MessageToView =
  | { type: 'frames'; view: string; frames: Frame[] }
  /** Answers `follow` at once, and comes again when the state changes. */
  | { type: 'connection'; view: string; state: ConnectionState }
  /** Nothing more comes. If there was no `run-end`, the stored conversation says how the run ended. */
  | { type: 'done'; view: string }

/**
 * `asking`: the server is asked for the run. `live`: the run comes in. `lost`: the server cannot be reached, and another
 * try waits.
 */
export type ConnectionState = 'asking' | 'live' | 'lost'

/** A connection from a tab to the hub. */
export interface HubLink {
  post(message: MessageToHub): void
  /** The tab follows nothing for now. */
  rest(): void
  close(): void
}

export interface HubLinkHandlers {
  onMessage(message: MessageToTab): void
  /** The hub will not answer over this link. */
  onBroken(): void
}

/** Opens a link. Gives `null` if the browser does not support this link. */
export type OpenHubLink = (handlers: HubLinkHandlers) => HubLink | null
