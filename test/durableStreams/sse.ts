/** Offsets sort as text, so they have leading zeros. */
export const offsetOf = (seq: number) => String(seq).padStart(16, '0')

/** A line break of any kind ends a line of an event, so that no text can begin another event. */
export function dataEvent(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map(line => `data:${line}\n`)
  return `event: data\n${lines.join('')}\n`
}

export interface Control {
  streamNextOffset: string
  streamCursor?: string
  upToDate?: true
  streamClosed?: true
}

export function controlEvent(control: Control): string {
  return `event: control\ndata:${JSON.stringify(control)}\n\n`
}

/** How long readers share one cursor, in milliseconds. */
const CURSOR_INTERVAL = 20_000

/** The cursor of a live answer. It is always further than the one that the reader has. */
export function cursorAfter(given: string | null): string {
  const now = Math.floor(Date.now() / CURSOR_INTERVAL)
  return String(Math.max(now, Number(given ?? 0) + 1))
}
