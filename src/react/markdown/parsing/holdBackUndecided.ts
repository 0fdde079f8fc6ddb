import { withoutCode } from './codeSpans.ts'
import { DETAILS } from './elements.ts'
import { CONTAINER } from './grammar.ts'

/** A growing block as it can be shown now. */
export interface ShowableTail {
  /** The text without what is not decided yet. */
  text: string
  /** It ends with a formula on lines of its own that is still being written, closed so that it can be told apart. */
  hasOpenFormula: boolean
}

const CONTAINERS = `${CONTAINER}*[ \\t]*`
const LINE_BEGIN = new RegExp(`^${CONTAINERS}`)
/** Alone on a line: it may become a heading, a rule, a list, a fence, a checkbox, a quotation, a definition. */
const UNDECIDED = [
  /^#{1,6}$/,
  /^(?:[-*+=_][ \t]*)+$/,
  /^\d{1,9}[.)]?$/,
  /^(?:`{3,}[^`]*|~{3,}.*|[`~]{1,2})$/,
  /^\[[^\]]{0,60}\]?$/,
  /^\[[^\]^][^\]]*\]:/,
  /^[|\\$<!]$/,
  /^<[!/?a-z][\w-]{0,20}$/i,
]
const FENCE = new RegExp(`^${CONTAINERS}(\`{3,}|~{3,})`)
const HTML = /^ {0,3}<(?:[!?]|\/?[a-z][\w-]*[\s/>])/i
const DELIMITER_ROW = /^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/
const BEGUN_DELIMITER_ROW = /^[ \t>]*[|:\- \t]*$/
const CELL_BORDER = /^[ \t>]*\||\s\|(?:\s|$)/
const FORMULA_START = new RegExp(`^(${CONTAINERS})(\\$\\$|\\\\\\[)`)

/**
 * The text of a growing block (the tail of a text, outside of a fence) that can be shown: everything but syntax at its end
 * that may still become one thing or another.
 */
export function holdBackUndecided(text: string): ShowableTail {
  const lines = text.split('\n')
  if ((HTML.test(text) && !DETAILS.test(text)) || isInFence(lines))
    return { text: withoutClosingFence(lines), hasOpenFormula: false }
  const open = openFormulaAt(lines)
  if (open !== -1) return closeFormula(lines, open)
  return { text: decidedLines(lines).join('\n'), hasOpenFormula: false }
}

function closeFormula(lines: readonly string[], open: number): ShowableTail {
  const [, containers = '', mark] = FORMULA_START.exec(lines[open] ?? '') ?? []
  const text = lines.join('\n').replace(/[\s>]*(?:\$|\\\]?)?$/, '')
  const before = lines.slice(0, open).join('\n')
  if (text.length <= before.length + containers.length + 3) return { text: before, hasOpenFormula: false }
  const closing = containers.replace(/[^\s>]/g, ' ') + (mark === '$$' ? mark : '\\]')
  return { text: `${text}\n${closing}`, hasOpenFormula: true }
}

/** The last line is code, or ends it. */
function isInFence(lines: readonly string[]): boolean {
  let fence = ''
  for (const line of lines.slice(0, -1)) {
    const mark = FENCE.exec(line)?.[1] ?? ''
    if (fence === '') fence = mark
    else if (mark.startsWith(fence)) fence = ''
  }
  return fence !== ''
}

function withoutClosingFence(lines: readonly string[]): string {
  const last = lines.at(-1) ?? ''
  return (/^[ \t>]*(?:`+|~+)[ \t]*$/.test(last) ? lines.slice(0, -1) : lines).join('\n')
}

/** The line that begins with the formula that is open at the end; -1 without one. */
function openFormulaAt(lines: readonly string[]): number {
  let closer = ''
  let open = -1
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' && index < lines.length - 1) closer = ''
    const start = FORMULA_START.exec(line)?.[1]?.length
    for (const { 0: mark, index: at } of withoutCode(line).matchAll(/\$\$|\\[[\]]/g)) {
      const isOpening = closer === '' && mark !== '\\]'
      if (isOpening) open = at === start ? index : -1
      if (isOpening) closer = mark === '$$' ? mark : '\\]'
      else if (mark === closer) closer = ''
    }
  }
  return closer === '' ? -1 : open
}

/** The lines without the undecided ones at the end. */
function decidedLines(lines: readonly string[]): readonly string[] {
  const inTable = heldOfTable(lines)
  if (inTable > 0) {
    const [begin = ''] = (lines.at(-inTable) ?? '').split(CELL_BORDER, 1)
    const before = lines.slice(0, -inTable)
    return begin.trim() === '' || isUndecided(begin) ? before : [...before, begin.trimEnd()]
  }
  return isUndecided(lines.at(-1) ?? '') ? lines.slice(0, -1) : lines
}

function isUndecided(line: string): boolean {
  const containers = LINE_BEGIN.exec(line)?.[0] ?? ''
  const rest = line.slice(containers.length).trimEnd()
  return line !== '' && (rest === '' || UNDECIDED.some(pattern => pattern.test(rest)))
}

/**
 * How many lines are held until the line below says whether they head a table. If the line does not
 * begin with a border, the text before its first border is shown.
 */
function heldOfTable(lines: readonly string[]): number {
  const begin = lines.findLastIndex((line, index) => line.trim() === '' && index < lines.length - 1) + 1
  const block = lines.slice(begin)
  const [last = '', above = ''] = block.toReversed()
  if (block.some((line, index) => index > 0 && index < block.length - 1 && isDelimiterRow(line))) return 0
  if (CELL_BORDER.test(above) && BEGUN_DELIMITER_ROW.test(last)) return 2
  return CELL_BORDER.test(last) ? 1 : 0
}

/** Between the head of a table and its rows. */
export function isDelimiterRow(line: string): boolean {
  return /[|:]/.test(line) && DELIMITER_ROW.test(line)
}
