/** One text as a row of blocks that can each be read as Markdown alone. Joined, they are the text. */
export interface Blocks {
  text: string
  /** Blocks that will not change, whatever is appended. */
  frozen: readonly string[]
  /** The rest, still growing. */
  tail: string
  /** The tail is a code block, from its opening fence on, and the closing fence has not come. */
  tailIsOpenFence: boolean
}

export const NO_BLOCKS: Blocks = { text: '', frozen: [], tail: '', tailIsOpenFence: false }

/** The block being read: what it has shown itself to be so far. */
interface OpenBlock {
  start: number
  hasText: boolean
  endsBlank: boolean
  isList: boolean
  isHtml: boolean
  /** Nobody can tell here where it ends, so it takes the rest of the text. */
  isEndless: boolean
  fence: string | null
  fenceColumn: number
  /** It was a fenced code block, and is closed. */
  isComplete: boolean
}

const BLANK = /^[ \t\r]*$/
const INDENTED = /^[ \t]/
const INDENTED_CODE = /^(?: {4}|\t)/
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t\r]|$)/
const BEGUN_ITEM = /^ {0,3}\d{1,9}[.)]?$/
const HTML = /^ {0,3}<[!?/a-z]/i
const HTML_OVER_BLANK_LINES = /^ {0,3}<(?:script|pre|style|textarea|[!?])/i
const FENCE = /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/
const FENCE_IN_LIST = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:(`{3,})[^`]*|(~{3,}).*)$/
const CLOSING_FENCE = /^ {0,3}(`{3,}|~{3,})[ \t\r]*$/
const CLOSING_FENCE_IN_LIST = /^[ \t]*(`{3,}|~{3,})[ \t\r]*$/

/**
 * The blocks of `text`, reusing those of a shorter text that it continues, so that appending costs only the tail. The
 * result depends on `text` alone. A block ends before the line after a blank line, outside of fences and lists, and
 * around a fence; where in doubt it goes on, because a block too long is only slow, and one too short is wrong.
 */
export function splitBlocks(text: string, previous: Blocks = NO_BLOCKS): Blocks {
  const base = text.startsWith(previous.text) ? previous : NO_BLOCKS
  const ended: string[] = []
  let lineStart = base.text.length - base.tail.length
  let block = openBlock(lineStart)
  for (let lineEnd = text.indexOf('\n', lineStart); lineEnd !== -1; lineEnd = text.indexOf('\n', lineStart)) {
    const line = text.slice(lineStart, lineEnd)
    if (endsBefore(block, line)) {
      ended.push(text.slice(block.start, lineStart))
      block = openBlock(lineStart)
    }
    readLine(block, line)
    lineStart = lineEnd + 1
  }
  if (endsBeforeBegun(block, text.slice(lineStart))) {
    ended.push(text.slice(block.start, lineStart))
    block = openBlock(lineStart)
  }
  return {
    text,
    frozen: ended.length === 0 ? base.frozen : [...base.frozen, ...ended],
    tail: text.slice(block.start),
    tailIsOpenFence: block.fence !== null && !block.isList,
  }
}

/** The code of a tail that is an open fence, and its language; a closing fence half written is not code. */
export function codeOfOpenFence(tail: string): { language: string; code: string } {
  const firstLine = tail.slice(0, tail.indexOf('\n'))
  const language = /^ {0,3}[`~]{3,}[ \t]*([^\s`]*)/.exec(firstLine)?.[1] ?? ''
  const code = tail.slice(firstLine.length + 1).replace(/(^|\n) {0,3}(`+|~+)[ \t]*$/, '$1')
  return { language, code }
}

function openBlock(start: number): OpenBlock {
  return {
    start,
    hasText: false,
    endsBlank: false,
    isList: false,
    isHtml: false,
    isEndless: false,
    fence: null,
    fenceColumn: 0,
    isComplete: false,
  }
}

function endsBefore(block: OpenBlock, line: string): boolean {
  if (block.isComplete) return !BLANK.test(line)
  if (!block.hasText || block.fence || block.isEndless || BLANK.test(line)) return false
  if (!block.isHtml && FENCE.test(line) && !(block.isList && INDENTED.test(line))) return true
  if (!block.endsBlank) return false
  return block.isList ? !INDENTED.test(line) && !LIST_ITEM.test(line) : !INDENTED_CODE.test(line)
}

/** The block ends before a line of which only the begin is there: what follows in it would not change that. */
function endsBeforeBegun(block: OpenBlock, line: string): boolean {
  if (!block.isComplete && !block.endsBlank) return false
  return endsBefore(block, line) && !(block.isList && BEGUN_ITEM.test(line))
}

function readLine(block: OpenBlock, line: string): void {
  if (block.fence !== null) {
    readFencedLine(block, line, block.fence)
    return
  }
  block.endsBlank = BLANK.test(line)
  if (block.endsBlank) return
  block.hasText = true
  block.isList ||= LIST_ITEM.test(line)
  block.isHtml ||= HTML.test(line)
  block.isEndless ||= HTML_OVER_BLANK_LINES.test(line)
  const match = (block.isList ? FENCE_IN_LIST : FENCE).exec(line)
  const fence = match?.[1] ?? match?.[2] ?? null
  if (fence !== null && block.isHtml) block.isEndless = true
  else block.fence = fence
  block.fenceColumn = columnsBefore(line, /[`~]/)
}

/**
 * At the top, the first fence that is as long closes. In a list, only one right below the opening fence surely does; a
 * line that begins left of it, or a fence elsewhere, may as well be outside of the list.
 */
function readFencedLine(block: OpenBlock, line: string, fence: string): void {
  const isClosing =
    (block.isList ? CLOSING_FENCE_IN_LIST : CLOSING_FENCE).exec(line)?.[1]?.startsWith(fence) ?? false
  const column = BLANK.test(line) ? block.fenceColumn : columnsBefore(line, /\S/)
  if (block.isList && (column < block.fenceColumn || (isClosing && column > block.fenceColumn)))
    block.isEndless = true
  if (!isClosing) return
  block.fence = null
  block.isComplete = !block.isList
}

/** Columns before the first match in a line; a tab reaches to the next multiple of four. */
function columnsBefore(line: string, pattern: RegExp): number {
  let column = 0
  for (const character of line.slice(0, line.search(pattern)))
    column += character === '\t' ? 4 - (column % 4) : 1
  return column
}
