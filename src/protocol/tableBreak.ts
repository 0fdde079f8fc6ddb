const DELIMITER_ROW = /^\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*$/
const FENCE = /^ {0,3}(?:`{3}|~{3})/
/** Characters without a border that are the rest of a cell, at most, while the line is being written. */
const LONGEST_REST = 40

/** A table, all of whose rows begin with a border, at the end of a text. */
interface OpenTable {
  head: string
  columns: number
  /** The last line, which may be a part of a row. Empty after the end of a line. */
  row: string
}

/**
 * The text before a break, so ended that `after`, which continues it, can be appended. It is `before` itself, except in a
 * table: there `after` may begin a row or the whole table again, or begin a sentence where a cell broke off. Such an
 * `after` stands on a line of its own. A part of a row is left out if `after` begins with the whole row. `isGrowing` says
 * that `after` is still being written.
 */
export function untilBreak(before: string, after: string, isGrowing = false): string {
  const table = tableAtEnd(before)
  if (!table) return before
  const { row } = table
  const gap = gapIn(table, after, isGrowing)
  const isRepeated = gap === '\n' && row !== '' && after.trimStart().startsWith(row.trim())
  return isRepeated ? before.slice(0, -row.length) : before + gap
}

function gapIn(table: OpenTable, after: string, isGrowing: boolean): '' | '\n' | '\n\n' {
  const { head, columns, row } = table
  const [line = '', ...lines] = after.split('\n')
  const begun = line.trim()
  if (begun === '') {
    const isNextRow = row === '' || lines.length === 0
    return isNextRow ? '' : gapIn({ ...table, row: '' }, lines.join('\n'), isGrowing)
  }
  const isBordered = begun.startsWith('|')
  const isWhole = row === '' || (row.trimEnd().endsWith('|') && cellsIn(row) >= columns)
  const isHead = begun === head || DELIMITER_ROW.test(lines[0] ?? '')
  const mayBeHead = isWhole && isGrowing && lines.length === 0 && head.startsWith(begun)
  if (isBordered && (isHead || mayBeHead)) return row === '' ? '\n' : '\n\n'
  if (row === '') return isBordered ? '' : '\n'
  if (isWhole) return isBordered ? '\n' : '\n\n'
  if (isBordered) return cellsIn(row + begun) > columns ? '\n' : ''
  return isRestOfRow(line, lines, isGrowing) ? '' : '\n\n'
}

/** Whether a line that follows a part of a row ends the row. If not, it begins a text. */
function isRestOfRow(line: string, lines: readonly string[], isGrowing: boolean): boolean {
  const [next = ''] = lines
  if (line.includes('|') || next.trim().startsWith('|')) return true
  return isGrowing && lines.length < 2 && next === '' && line.length <= LONGEST_REST
}

function tableAtEnd(text: string): OpenTable | null {
  const lines = text.split('\n')
  const row = lines.at(-1) ?? ''
  const begin = lines.findLastIndex((line, index) => line.trim() === '' && index < lines.length - 1) + 1
  const block = lines.slice(begin, -1)
  const delimiters = block.findIndex((line, index) => index > 0 && DELIMITER_ROW.test(line))
  const head = block[delimiters - 1]?.trim() ?? ''
  const isTable = delimiters > 0 && block.slice(delimiters - 1).every(line => line.startsWith('|'))
  if (!isTable || (row !== '' && !row.startsWith('|'))) return null
  // Last, because it looks through the whole text, at each frame of a continued reply.
  if (lines.filter(line => FENCE.test(line)).length % 2 === 1) return null
  return { head, columns: cellsIn(block[delimiters] ?? ''), row }
}

/** The number of cells in a row that begins with a border. */
function cellsIn(row: string): number {
  const borders = row.replaceAll('\\|', '').trim().split('|').length - 1
  return row.trimEnd().endsWith('|') ? borders - 1 : borders
}
