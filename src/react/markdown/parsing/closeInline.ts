import { elementTagOf } from './elements.ts'
import { ENDING, UNSPACED } from './grammar.ts'
import { formulaAt, mayBecomeFormula } from './tex.ts'

/** An opening delimiter that has no closing one yet. */
interface Opener {
  mark: '*' | '_' | '~' | '[' | '<'
  start: number
  length: number
  canClose: boolean
}

interface Scan {
  readonly text: string
  readonly openers: Opener[]
  /** Stretches that are not shown: syntax that says nothing until more comes. */
  readonly cuts: [from: number, to: number][]
  /** The text from here on is not shown. */
  end: number
  /** The mark that closes an open code span. */
  codeCloser: string
}

const LONGEST_LABEL = 300
/** Openers that are open at once. Each mark looks through them, and deeper nesting is not drawn. */
const MAX_OPEN = 32
const PUNCTUATION = /[\p{P}\p{S}]/u
const OPEN_CITATION = /^\[\d{1,3}(?:, ?\d{1,3})*(?:, ?)?$/
const CITATION = /^\[\d{1,3}(?:, ?\d{1,3})*\]$/
const COMPLETE_ANGLE = /^<(?:\/?[a-z][^<>]*|[^\s<>@]+@[^\s<>]+|!--[\s\S]*?--)>/i
const ADDRESS = /^(?:https?:\/\/|www\.)[^\s<`[\]]*/i
const TARGET =
  /^\((?:<[^<>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/
const OPEN_TARGET =
  /^\((?:<[^<>\n]*>?|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*(?:\([^\s()]*)?)(?:\s+(?:(?:"[^"]{0,200}"?|'[^']{0,200}'?|\([^()]{0,200}\)?)\s*)?)?$/

/**
 * The text of a leaf that is still being written, so that it reads as it most likely will: open emphasis and code are
 * closed, an open link is its text, and syntax that decides nothing yet is held back.
 */
export function closeInline(text: string): string {
  const scan: Scan = { text, openers: [], cuts: [], end: text.length, codeCloser: '' }
  let index = 0
  while (index < scan.end) index = step(scan, index)
  return assemble(scan)
}

/** Reads on from `index`; answers where to go on. */
function step(scan: Scan, index: number): number {
  const { text } = scan
  switch (text[index]) {
    case '\\':
    case '$':
      return readFormula(scan, index)
    case '`':
      return readCode(scan, index)
    case '<':
      return readAngle(scan, index)
    case '&':
      return /^&(?:#?[\w]{0,8})$/.test(text.slice(index)) ? hold(scan, index) : index + 1
    case '!':
      return index === text.length - 1 && /^$|[\s([*_~]/.test(text[index - 1] ?? '')
        ? hold(scan, index)
        : index + 1
    case '[':
      return readBracket(scan, index)
    case ']':
      return readClosingBracket(scan, index)
    case '*':
    case '_':
    case '~':
      return readDelimiters(scan, index)
    case 'h':
    case 'w':
    case 'H':
    case 'W': {
      const address = /\w/.test(text[index - 1] ?? '')
        ? null
        : ADDRESS.exec(text.slice(index, index + 2000))?.[0]
      if (!address) return index + 1
      // A star in an address can only close what was opened before it.
      const star = scan.openers.some(({ mark }) => mark === '*') ? address.indexOf('*') : -1
      return index + (star === -1 ? address.length : star)
    }
    default:
      return index + 1
  }
}

function readFormula(scan: Scan, index: number): number {
  const rest = scan.text.slice(index)
  const before = scan.text[index - 1] ?? ''
  const found = formulaAt(rest, before)
  // What comes next may be a price or a name: its dollar sign then closes nothing.
  const isDecided = found !== null && (/^(?:\$\$|\\)/.test(rest) || found.raw.length < rest.trimEnd().length)
  if (isDecided) return index + found.raw.length
  const open = found ? found.raw.slice(0, -1) : rest
  if (open === '\\' || mayBecomeFormula(open, before)) return hold(scan, index)
  return index + (rest[0] === '\\' ? 2 : 1)
}

function readCode(scan: Scan, index: number): number {
  const run = runAt(scan.text, index)
  const rest = scan.text.slice(index + run.length)
  const closing = new RegExp(`(?<!\`)${run}(?!\`)`).exec(rest)
  if (closing) return index + run.length + closing.index + run.length
  const content = rest.replace(/`+$/, '')
  if (content.trim() === '') return hold(scan, index)
  scan.codeCloser = run
  return hold(scan, index + run.length + content.length)
}

function readAngle(scan: Scan, index: number): number {
  const rest = scan.text.slice(index)
  const complete = COMPLETE_ANGLE.exec(rest)
  if (complete) {
    readTag(scan, index, complete[0])
    return index + complete[0].length
  }
  if (/^<(?:https?:|mailto:|[\w.+-]+@)[^\s<>]*$/i.test(rest)) {
    scan.cuts.push([index, index + 1])
    return scan.end
  }
  return /^<(?:[!/]?[\w:-]{0,40}|[a-z][\w:-]{0,40}\s*\/?)$/i.test(rest) ? hold(scan, index) : index + 1
}

/** An element that is drawn is closed at the end of the text, if its closing tag has not come. */
function readTag({ text, openers }: Scan, index: number, raw: string): void {
  const found = elementTagOf(raw)
  if (found && !found.isEnd) open(openers, { mark: '<', start: index, length: raw.length, canClose: false })
  if (!found?.isEnd) return
  const at = openers.findLastIndex(
    ({ mark, start, length }) => mark === '<' && tagAt(text, start, length) === found.tag,
  )
  if (at !== -1) openers.length = at
}

function tagAt(text: string, start: number, length: number): string | undefined {
  return elementTagOf(text.slice(start, start + length))?.tag
}

function readBracket(scan: Scan, index: number): number {
  const isImage = scan.text[index - 1] === '!'
  const note = /^\[\^[^\]\s]*(\]?)/.exec(scan.text.slice(index))
  if (note?.[1]) return index + note[0].length
  if (note && index + note[0].length === scan.text.length) return hold(scan, index)
  if (OPEN_CITATION.test(scan.text.slice(index))) return hold(scan, index)
  open(scan.openers, { mark: '[', start: isImage ? index - 1 : index, length: 1, canClose: false })
  return index + 1
}

/** The next characters decide whether a bracket closes a link, an image or nothing. Until then it closes a link's text. */
function readClosingBracket(scan: Scan, index: number): number {
  const at = scan.openers.findLastIndex(({ mark }) => mark === '[')
  const opener = scan.openers[at]
  if (!opener) return index + 1
  const rest = scan.text.slice(index + 1)
  const isImage = scan.text[opener.start] === '!'
  const isCitation = CITATION.test(scan.text.slice(opener.start, index + 1))
  const complete = TARGET.exec(rest) ?? (isCitation ? null : /^\[[^\]]*\]/.exec(rest))
  if (complete) {
    scan.openers.length = at
    return index + 1 + complete[0].length
  }
  const isUndecided = rest === '' || OPEN_TARGET.test(rest) || (!isCitation && /^\[[^\]]*$/.test(rest))
  if (!isUndecided) {
    scan.openers.splice(at, 1)
    return index + 1
  }
  const isHidden = isImage || isAroundImage(scan.text, opener.start) || (isCitation && rest === '')
  return hold(scan, isHidden ? opener.start : index)
}

/** An image is a button. An image inside a link is drawn as text. */
function isAroundImage(text: string, start: number): boolean {
  return text.startsWith('[![', start)
}

function readDelimiters(scan: Scan, index: number): number {
  const { text, openers } = scan
  const run = runAt(text, index)
  const mark = run[0] as '*' | '_' | '~'
  const end = index + run.length
  const isLast = end === text.length
  if (mark === '~' && run.length !== 2 && !isLast) return end
  const sides = flanksOf(text, index, end)
  if (isLast) {
    const before = openers.findLast(opener => opener.mark === mark || opener.mark === '[')
    const closes = sides.canClose && before?.mark === mark && before.length === run.length
    if (!closes) return hold(scan, index)
    openers.length = openers.lastIndexOf(before)
    return end
  }
  const left = sides.canClose ? closeOpeners(openers, { mark, length: run.length, ...sides }) : run.length
  if (left > 0 && sides.canOpen)
    open(openers, { mark, start: end - left, length: left, canClose: sides.canClose })
  return end
}

/** The first of too many openers most likely closes nowhere. It stays as it was written. */
function open(openers: Opener[], opener: Opener): void {
  openers.push(opener)
  if (openers.length > MAX_OPEN) openers.shift()
}

interface Closer {
  mark: Opener['mark']
  length: number
  canOpen: boolean
}

/** Takes away the openers that a closing run closes; answers how much of the run is left. */
function closeOpeners(openers: Opener[], { mark, length, canOpen }: Closer): number {
  let left = length
  for (let at = openers.length - 1; left > 0; at--) {
    const opener = openers[at]
    if (!opener || opener.mark === '[') break
    const isOdd = (canOpen || opener.canClose) && length % 3 > 0 && (opener.length + length) % 3 === 0
    if (opener.mark !== mark || isOdd) continue
    const used = Math.min(opener.length, left)
    left -= used
    opener.length -= used
    openers.length = opener.length === 0 ? at : at + 1
  }
  return left
}

function flanksOf(text: string, start: number, end: number): { canOpen: boolean; canClose: boolean } {
  const before = text[start - 1] ?? ' '
  const after = text[end] ?? ' '
  const opens =
    !/\s/.test(after) && (!PUNCTUATION.test(after) || /\s/.test(before) || PUNCTUATION.test(before))
  const closes =
    !/\s/.test(before) && (!PUNCTUATION.test(before) || /\s/.test(after) || PUNCTUATION.test(after))
  if (text[start] !== '_') {
    const ends = end - start === 2 && ENDING.test(before) && /\p{L}/u.test(after)
    return {
      canOpen: opens || (UNSPACED.test(before) && !/\s/.test(after)),
      canClose: closes || (text[start] === '*' && ends) || (UNSPACED.test(after) && !/\s/.test(before)),
    }
  }
  return {
    canOpen: opens && (!closes || PUNCTUATION.test(before)),
    canClose: closes && (!opens || PUNCTUATION.test(after)),
  }
}

function runAt(text: string, index: number): string {
  let end = index + 1
  while (text[end] === text[index]) end++
  return text.slice(index, end)
}

function hold(scan: Scan, from: number): number {
  scan.end = from
  return from
}

/** The text without what is held back, and with what closes it, in front of the white space at its end. */
function assemble({ text, openers, cuts, end, codeCloser }: Scan): string {
  let stop = end
  for (const { mark, start } of openers) {
    if (mark !== '[' || stop - start > LONGEST_LABEL) continue
    if (text[start] === '!' || isAroundImage(text, start)) stop = Math.min(stop, start)
    else cuts.push([start, start + 1])
  }
  const left = text.slice(0, stop)
  let closers = codeCloser
  let isBare = true
  for (const { mark, start, length } of openers.toReversed()) {
    if (mark === '[') continue
    isBare &&= withoutCuts(left, [[0, start + length], ...cuts]).trim() === ''
    if (isBare) cuts.push([start, start + length])
    else if (mark === '<') closers += `</${tagAt(text, start, length)}>`
    else closers += mark.repeat(length)
  }
  const shown = withoutCuts(left, cuts)
  if (codeCloser !== '') return shown + closers
  const trimmed = shown.trimEnd()
  return trimmed + closers + shown.slice(trimmed.length)
}

function withoutCuts(text: string, cuts: Scan['cuts']): string {
  let shown = ''
  let from = 0
  for (const [start, end] of cuts.toSorted((a, b) => a[0] - b[0])) {
    if (start < from) continue
    shown += text.slice(from, start)
    from = end
  }
  return shown + text.slice(from)
}
