/** What one SSE frame of a peer contains. */
export type FrameContent = { text: string } | { snapshot: string } | 'end' | undefined

/** Reads one frame, without its blank line. Only the name of the event and its data matter. */
export type Dialect = (frame: string) => FrameContent

/** The string after `field`. It ends at the next quote, because no token of ours contains an escape. */
function stringAfter(frame: string, field: string): string | undefined {
  const from = frame.indexOf(field)
  if (from < 0) return undefined
  const begin = from + field.length
  return frame.slice(begin, frame.indexOf('"', begin))
}

function textContent(text: string | undefined): FrameContent {
  return text === undefined ? undefined : { text }
}

export const openai: Dialect = frame => {
  if (frame.startsWith('event: response.output_text.delta'))
    return textContent(stringAfter(frame, '"delta":"'))
  return frame.startsWith('event: response.completed') ? 'end' : undefined
}

export const content: Dialect = frame => {
  if (frame.startsWith('event: end')) return 'end'
  return textContent(stringAfter(frame, '{"content":"'))
}

export const aiSdk: Dialect = frame => {
  if (frame.startsWith('data: [DONE]')) return 'end'
  return frame.startsWith('data: {"type":"text-delta"')
    ? textContent(stringAfter(frame, '"delta":"'))
    : undefined
}

export const riacho: Dialect = frame => {
  const data = frame.indexOf('data: ')
  if (frame.indexOf('event: ') < 0) return textContent(stringAfter(frame, '{"content":"'))
  if (frame.includes('event: run-end')) return frame.includes('"status":"completed"') ? 'end' : undefined
  if (!frame.includes('event: snapshot')) return undefined
  const { parts } = JSON.parse(frame.slice(data + 6)) as { parts: { text: string }[] }
  return { snapshot: parts[0]?.text ?? '' }
}
