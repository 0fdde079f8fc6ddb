/** The longest formula between single dollar signs. Longer text is prose that has dollar signs in it. */
const LONGEST_SINGLE = 300
/** The longest formula of `$$`, `\(` or `\[` that is not on lines of its own. */
const LONGEST_DOUBLED = 1000

/** A blank line or a fence ends every formula. */
const END = /\n(?:[ \t]*\n| {0,3}(?:`{3}|~{3}))/.source
/** A punctuation mark after the formula is set with it, because it belongs to the sentence. */
const DISPLAY = new RegExp(
  `^ {0,3}(?:\\$\\$((?:(?!\\$\\$|${END})[\\s\\S])+)\\$\\$|\\\\\\[((?:(?!\\\\\\]|(?<!\\\\)\\\\\\[|${END})[\\s\\S])+)\\\\\\])[ \\t]*([.,;:]?)[ \\t]*(?:\\n+|$)`,
)
const DOUBLED =
  /^(?:\$\$((?:(?!\n[ \t]*\n)[^$]){1,1000})\$\$|\\\[((?:(?!\\\]|(?<!\\)\\\[|\n[ \t]*\n)[\s\S]){1,1000})\\\]|\\\(((?:(?!\\\)|(?<!\\)\\\(|\n[ \t]*\n)[\s\S]){1,1000})\\\))/
const SINGLE = /^\$(?![\s$])((?:\\[^\n]|[^\\$\n]){1,300})(?<!\s)\$(?![\d$])/
const OPERATOR = /[\\^_{}=+\-<>*/|×·÷≤≥≠≈±∈]/
const SYMBOLS = /^\S{1,3}(?:,\s*\S{1,3})*$/
const PROSE = /\p{L}{3,}\s+\p{L}{2,}/u
/** A number and then words: `5 reais`. */
const COUNTED = /^\d(?:\S*\s+\p{L}|.*\s\p{L}{2,})/u
const CURRENCY = /(?:^|[^\p{L}\\])(?:R|US|A|C|CA|NZ)$/u
/** A mark that may join two names, as in `$HOME/$USER`. */
const JOINING = /[/,:;*+=-]$/
const WORD = /[\p{L}\p{N}$\\]/u

export interface Formula {
  /** As it was written, with its delimiters. */
  raw: string
  tex: string
}

/** The formula on lines of its own (`$$…$$`, `\[…\]`) that `text` begins with. */
export function displayFormulaAt(text: string): Formula | null {
  const match = DISPLAY.exec(text)
  const [raw = '', dollars, brackets, end = ''] = match ?? []
  const tex = (dollars ?? brackets ?? '').trim()
  return tex === '' ? null : { raw, tex: tex + end }
}

/**
 * The formula that `text` begins with, inside a line: `$…$`, `$$…$$`, `\(…\)` or `\[…\]`. `before` is the character
 * before it. Prices are not formulas ("R$ 5 e R$ 10", "$5 or $10"), and names of variables are not ("$HOME/$USER").
 */
export function formulaAt(text: string, before: string): Formula | null {
  const doubled = formula(DOUBLED.exec(text))
  if (doubled || WORD.test(before)) return doubled
  const single = SINGLE.exec(text)
  if (!single || !isTex(single[1] ?? '')) return null
  const after = text.slice(single[0].length, single[0].length + 2)
  const isPrice = CURRENCY.test(single[1] ?? '') && /^\s?\d/.test(after)
  const isVariable = JOINING.test(single[1] ?? '') && /^[\p{L}{]/u.test(after)
  return isPrice || isVariable ? null : formula(single)
}

/** The formulas in `text`, each with its index. */
export function* formulasIn(text: string): Generator<Formula & { index: number }> {
  let end = 0
  for (const { index } of text.matchAll(/\$|\\[([]/g)) {
    if (index < end) continue
    const rest = text.slice(index)
    const found = formulaAt(rest, text[index - 1] ?? '') ?? displayFormulaAt(rest)
    if (!found) continue
    yield { ...found, index }
    end = index + found.raw.length
  }
}

/** Whether `text` may be the beginning of a formula that is still being written. */
export function mayBecomeFormula(text: string, before: string): boolean {
  if (/^(?:\$\$|\\[([])/.test(text)) return text.length <= LONGEST_DOUBLED && !/\n[ \t]*\n/.test(text)
  if (text.length > LONGEST_SINGLE || text.includes('\n')) return false
  const content = /^\$(?!\s)([^$]*)$/.exec(text)?.[1]
  if (content === undefined || WORD.test(before)) return false
  return content.includes('\\') || !(PROSE.test(content) || COUNTED.test(content))
}

/** Words with a space and without an operator are not a formula, because they stand between two prices. */
function isTex(content: string): boolean {
  if (content.includes('\\')) return true
  if (PROSE.test(content)) return false
  return !/\s/.test(content) || OPERATOR.test(content) || SYMBOLS.test(content)
}

function formula(match: RegExpExecArray | null): Formula | null {
  const tex = match?.slice(1).find(group => group !== undefined)
  return match && tex?.trim() ? { raw: match[0], tex: tex.trim() } : null
}
