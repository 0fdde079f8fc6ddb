/** Kinds of text that a model writes: its reply, a refusal, or its reasoning. */
export type TextKind = 'text' | 'refusal' | 'reasoning'

/** The fields in which typed parts have their text, by the kind of their type. */
const FIELDS: Readonly<Record<TextKind, readonly string[]>> = {
  text: ['text', 'content', 'value'],
  refusal: ['refusal', 'text', 'content', 'value'],
  reasoning: ['thinking', 'reasoning', 'text', 'summary', 'content', 'value'],
}
/** Servers nest parts two deep. The depth is bounded, because a server may send anything. */
const MAX_DEPTH = 8

/**
 * Visits each text in `value`, in order. It is a text, or typed parts in place of one: a list of them, or one alone. Parts
 * of other types than text, refusals and thoughts have no text.
 */
export function forEachText(
  value: unknown,
  visit: (kind: TextKind, text: string) => void,
  kind: TextKind = 'text',
  depth = 0,
): void {
  if (typeof value === 'string') {
    if (value) visit(kind, value)
  } else if (typeof value === 'number') visit(kind, String(value))
  else if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return
  else if (Array.isArray(value)) for (const part of value) forEachText(part, visit, kind, depth + 1)
  else {
    const fields = value as Record<string, unknown>
    const inner = kindOf(fields['type'], kind)
    const name = inner && FIELDS[inner].find(field => isText(fields[field]))
    if (inner && name) forEachText(fields[name], visit, inner, depth + 1)
  }
}

/** The text in `value`, of whatever kind. */
export function looseText(value: unknown): string {
  if (typeof value === 'string') return value
  let all = ''
  forEachText(value, (_, text) => {
    all += text
  })
  return all
}

function isText(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

/** The kind of a part of this type. Without a type, the kind of its parent. */
function kindOf(type: unknown, outer: TextKind): TextKind | undefined {
  if (typeof type !== 'string') return outer
  if (/think|reason/i.test(type)) return 'reasoning'
  if (/refusal/i.test(type)) return 'refusal'
  return /text$/i.test(type) ? outer : undefined
}
