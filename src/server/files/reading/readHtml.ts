import { Parser } from 'htmlparser2'
import { type Passage, TextSum } from './textSum.ts'

/** Elements whose text nobody reads. */
const HIDDEN: ReadonlySet<string> = new Set(['head', 'noscript', 'script', 'style', 'svg', 'template'])
/** Elements that stand within a line. All others begin a new one. */
const INLINE: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo cite code data dfn em font i kbd label mark q s samp small span strong sub sup time u var wbr'.split(
    ' ',
  ),
)

interface HtmlOptions {
  /** What stands between two lines. */
  between?: string
  /** Whether spaces and tabs are text, as nobody wrote them to arrange the source. */
  keepsSpaces?: boolean
}

/** The text of a page, line by line. Throws `FileProblem`. */
export function readHtml(
  html: string,
  { between = '\n', keepsSpaces = false }: HtmlOptions = {},
): { passages: readonly Passage[] } {
  const sum = new TextSum(between)
  let line = ''
  let hidden = 0
  let section = ''
  const endLine = () => {
    const text = keepsSpaces ? line.trimEnd() : line.replace(/\s+/g, ' ').trim()
    if (text !== '') sum.add(text, { section })
    line = ''
  }
  const parser = new Parser({
    onopentagname(name) {
      if (HIDDEN.has(name)) hidden += 1
      else if (name === 'td' || name === 'th') line += ' '
      else if (!INLINE.has(name)) endLine()
    },
    ontext(text) {
      if (hidden === 0) line += text
    },
    onclosetag(name) {
      if (HIDDEN.has(name)) hidden -= 1
      else if (/^h[1-6]$/.test(name)) {
        section = line.replace(/\s+/g, ' ').trim() || section
        endLine()
      } else if (!INLINE.has(name) && name !== 'td' && name !== 'th') endLine()
    },
  })
  parser.end(html)
  endLine()
  return sum
}
