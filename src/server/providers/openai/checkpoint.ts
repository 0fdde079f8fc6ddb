/** How far a reader of a background response has come. */
export interface StreamPosition {
  id: string
  /** The number of the last event. Absent if that event had no number; the stream then cannot be resumed. */
  sequence?: number | undefined
  gaps: Gaps
}

/** Whether a new message, or a new part of the reasoning, has begun and nothing of it was written yet. */
export interface Gaps {
  text: boolean
  reasoning: boolean
}

/** Writes a position as text: `12::resp_1`, or `12:tr:resp_1` with both gaps. */
export function encodePosition({ id, sequence, gaps }: StreamPosition): string {
  return `${sequence ?? ''}:${gaps.text ? 't' : ''}${gaps.reasoning ? 'r' : ''}:${id}`
}

/** The position of a checkpoint, or `undefined` if another provider wrote it. */
export function decodePosition(checkpoint: string): StreamPosition | undefined {
  const [, sequence, text, reasoning, id] = /^(\d*):(t?)(r?):(.+)$/.exec(checkpoint) ?? []
  if (!id) return undefined
  return {
    id,
    sequence: sequence ? Number(sequence) : undefined,
    gaps: { text: text !== '', reasoning: reasoning !== '' },
  }
}
