/** Where a reader of a background response is. */
export interface Place {
  id: string
  /** Of the last event that was taken; absent when that one had none, and then the stream cannot be gone on with. */
  sequence?: number | undefined
  gaps: Gaps
}

/** Whether a new message, and a new part of the reasoning, has begun of which nothing was written. */
export interface Gaps {
  text: boolean
  reasoning: boolean
}

/** The place as text: `12::resp_1`, or `12:tr:resp_1` with gaps. */
export function encodePlace({ id, sequence, gaps }: Place): string {
  return `${sequence ?? ''}:${gaps.text ? 't' : ''}${gaps.reasoning ? 'r' : ''}:${id}`
}

/** The place of a checkpoint; `undefined` when it is not one of this provider's. */
export function decodePlace(checkpoint: string): Place | undefined {
  const [, sequence, text, reasoning, id] = /^(\d*):(t?)(r?):(.+)$/.exec(checkpoint) ?? []
  if (!id) return undefined
  return {
    id,
    sequence: sequence ? Number(sequence) : undefined,
    gaps: { text: text !== '', reasoning: reasoning !== '' },
  }
}
