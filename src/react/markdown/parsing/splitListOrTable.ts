import { isDelimiterRow } from './holdBackUndecided.ts'

/**
 * A list or table split into parts that can each be parsed alone, so that a growing one is not parsed again whole.
 * Joined, lead and parts are the block.
 */
export interface ListOrTable {
  kind: 'list' | 'table'
  /** A paragraph or heading directly above. */
  lead: string
  /** The items of the list, or the head of the table (two lines) and its rows. */
  parts: string[]
}

const PLAIN = /^(?:\*\*|#{1,6} |[^\s>|<+\-*~`[$\\=\d])/
const ITEM = /^(?:([-*+])|\d{1,9}([.)])) {1,4}(?=\S)/
const RULE = /^([-*])(?:[ \t]*\1){2,}$/

/**
 * Splits a block that is certainly one list or table, with at most a plain paragraph or heading above. Otherwise
 * `null`.
 */
export function splitListOrTable(block: string): ListOrTable | null {
  const lines = block.match(/[^\n]*\n|[^\n]+$/g) ?? []
  let first = 0
  while (first < lines.length && PLAIN.test(lines[first] ?? '')) first++
  const lead = lines.slice(0, first).join('')
  const rest = lines.slice(first)
  const rows = rowsOf(rest)
  if (rows) return { kind: 'table', lead, parts: rows }
  const items = itemsOf(rest, lead !== '')
  return items && { kind: 'list', lead, parts: items }
}

function rowsOf(lines: readonly string[]): string[] | null {
  const [head = '', delimiters = '', ...rows] = lines
  if (!isDelimiterRow(delimiters.trimEnd())) return null
  const filled = rows.slice(0, rows.findLastIndex(row => row.trim() !== '') + 1)
  const isBordered = [head, delimiters, ...filled].every(line => line.startsWith('|'))
  return isBordered ? [head + delimiters, ...filled] : null
}

/** The items, if every line begins an item at the left edge or belongs to the item above it. */
function itemsOf(lines: readonly string[], isBelowText: boolean): string[] | null {
  const items: string[] = []
  let kind = ''
  let indent = 0
  for (const line of lines) {
    const text = line.trimEnd()
    const item = ITEM.exec(text)
    if (item && !RULE.test(text)) {
      const own = item[1] ?? item[2] ?? ''
      if (kind !== '' && own !== kind) return null
      if (kind === '' && isBelowText && item[2] && !/^1[.)]/.test(text)) return null
      kind = own
      indent = item[0].length
      items.push(line)
      continue
    }
    const isInside = text === '' || text.search(/[^ ]/) >= indent
    if (items.length === 0 || !isInside) return null
    items[items.length - 1] += line
  }
  return items.length > 0 ? items : null
}
