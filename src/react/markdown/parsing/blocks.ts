import { DETAILS, foldsIn } from './elements.ts'

/** A text split into blocks. Each can be parsed as Markdown alone, and joined they are the text. */
export interface Blocks {
  text: string
  /** Blocks that no appended text can change. */
  frozen: readonly string[]
  /** The last block, which may still grow. */
  tail: string
  /** The tail is a code block whose closing fence has not come. */
  tailIsOpenFence: boolean
}

export const NO_BLOCKS: Blocks = { text: '', frozen: [], tail: '', tailIsOpenFence: false }

/** The block that is being read, and what is known of it so far. */
interface OpenBlock {
  start: number
  hasText: boolean
  endsBlank: boolean
  isList: boolean
  isHtml: boolean
  /** How many `<details>` are open. What they fold belongs to one block, over blank lines and fences. */
  folds: number
  /** Its end cannot be told, so it takes the rest of the text. */
  isEndless: boolean
  fence: string | null
  fenceColumn: number
  /** It is a fenced code block, and its closing fence has come. */
  isComplete: boolean
}

const BLANK = /^[ \t\r]*$/
const INDENTED = /^[ \t]/
const INDENTED_CODE = /^(?: {4}|\t)/
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t\r]|$)/
const BEGUN_ITEM = /^ {0,3}\d{1,9}[.)]?$/
const HTML = /^ {0,3}<[!?/a-z]/i
const HTML_OVER_BLANK_LINES = /^ {0,3}<(?:script|pre|style|textarea|[!?])/i
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/
const FENCE_IN_LIST = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})/
const CLOSING_FENCE = /^ {0,3}(`{3,}|~{3,})[ \t\r]*$/
const CLOSING_FENCE_IN_LIST = /^[ \t]*(`{3,}|~{3,})[ \t\r]*$/

/**
 * Splits `text` into blocks. If `text` continues `previous.text`, its blocks are reused, so that appending costs only
 * the tail. The result depends on `text` alone. A block ends after a blank line that is not in a fence or list, and
 * before and after a fence. In doubt it does not end, because a block that is too long is only slow, and one too short
 * is wrong.
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
    tailIsOpenFence: block.fence !== null && !block.isList && block.folds === 0,
  }
}

/** The code in a tail that is an open fence, and its language. A half-written closing fence is left out. */
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
    folds: 0,
    isEndless: false,
    fence: null,
    fenceColumn: 0,
    isComplete: false,
  }
}

function endsBefore(block: OpenBlock, line: string): boolean {
  if (block.isComplete) return !BLANK.test(line)
  if (block.folds > 0) return false
  if (!block.hasText || block.fence || block.isEndless || BLANK.test(line)) return false
  if (!block.isHtml && FENCE.test(line) && !(block.isList && INDENTED.test(line))) return true
  if (!block.endsBlank) return false
  return block.isList ? !INDENTED.test(line) && !LIST_ITEM.test(line) : !INDENTED_CODE.test(line)
}

/** Whether the block ends before a half-written line, whatever the rest of that line is. */
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
  block.isHtml ||= HTML.test(line) && !DETAILS.test(line)
  const folds = foldsIn(line, block.folds > 0)
  block.folds = Math.max(0, block.folds + folds)
  if (folds < 0 && block.folds === 0) block.isComplete = !block.isList
  block.isEndless ||= HTML_OVER_BLANK_LINES.test(line)
  const fence = (block.isList ? FENCE_IN_LIST : FENCE).exec(line)?.[1] ?? null
  if (fence !== null && block.isHtml) block.isEndless = true
  else block.fence = fence
  block.fenceColumn = columnsBefore(line, /[`~]/)
}

/**
 * Outside lists, the first fence that is as long closes the code. In a list only a fence in the column of the opening
 * one is sure to. A line that begins left of it, or a fence in another column, may be outside the list.
 */
function readFencedLine(block: OpenBlock, line: string, fence: string): void {
  const isClosing =
    (block.isList ? CLOSING_FENCE_IN_LIST : CLOSING_FENCE).exec(line)?.[1]?.startsWith(fence) ?? false
  const column = BLANK.test(line) ? block.fenceColumn : columnsBefore(line, /\S/)
  if (block.isList && (column < block.fenceColumn || (isClosing && column > block.fenceColumn)))
    block.isEndless = true
  if (!isClosing) return
  block.fence = null
  block.isComplete = !block.isList && block.folds === 0
}

/** The columns before the first match in a line. A tab reaches the next multiple of four. */
function columnsBefore(line: string, pattern: RegExp): number {
  let column = 0
  for (const character of line.slice(0, line.search(pattern)))
    column += character === '\t' ? 4 - (column % 4) : 1
  return column
}
