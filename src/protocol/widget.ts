/**
 * What the launcher of the widget, in the page of a host, and the page in its frame say to each other by `postMessage`.
 * Each takes messages of the other alone: of its window, at its origin, and of this version.
 */
const VERSION = 1

/** The page that the frame has. Its fragment is the origin of the page around it. */
export const FRAME_PATH = '/embed'
/** The script that a host puts into its page. */
export const WIDGET_FILE = 'widget.js'

/**
 * What the frame says.
 * - `ready`: it takes messages from now on.
 * - `token-wanted`: it needs a token of who is signed in.
 * - `close`: the person is done with it.
 */
export type FrameMessage = { type: 'ready' } | { type: 'token-wanted' } | { type: 'close' }

/**
 * What the launcher says.
 * - `open`: the frame is seen now, and gets the focus.
 * - `token`: the answer of the host; `null` if nobody is signed in.
 * - `token-failed`: the host could not answer.
 * - `person-changed`: earlier tokens may be of somebody else.
 */
export type LauncherMessage =
  | { type: 'open' }
  | { type: 'token'; token: string | null }
  | { type: 'token-failed' }
  | { type: 'person-changed' }

/** Sends a message, and to that origin alone. */
export function post(
  target: { postMessage(message: unknown, origin: string): void },
  origin: string,
  message: FrameMessage | LauncherMessage,
): void {
  target.postMessage({ riacho: VERSION, ...message }, origin)
}

/** The message in an event that comes from `source` at `origin`. `undefined` for every other event. */
export function messageIn<Message extends FrameMessage | LauncherMessage>(
  event: { source: unknown; origin: string; data: unknown },
  from: { source: unknown; origin: string },
): Message | undefined {
  const { data } = event
  const isOurs = event.source === from.source && event.origin === from.origin
  if (!isOurs || typeof data !== 'object' || data === null) return undefined
  return 'riacho' in data && data.riacho === VERSION ? (data as unknown as Message) : undefined
}
