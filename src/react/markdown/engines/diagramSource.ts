const LONGEST = 20_000
/** Groups within each other. What lays out a diagram is recursive. */
const DEEPEST = 20
const GROUP_BEGIN = /^\s*(?:subgraph|alt|loop|opt|par|par_over|critical|break|rect|box|block)\b|\{\s*$/
const GROUP_END = /^\s*(?:end\b|\})/
/** The diagram's own settings. A picture takes none, and does nothing on a click. */
const FRONT_MATTER = /^(?:\s*---[^\S\n]*\n[\s\S]*?\n[^\S\n]*---[^\S\n]*(?:\n|$))+/
const DIRECTIVE = /%%\{[\s\S]*?\}%%/g
const INTERACTION = /(?:^|;)[^\S\n]*(?:click|links?)[^\S\n](?:"[^"\n]*"|[^";\n])*/gm
/** A diagram is part of the page for a moment while it is drawn. So it may not contain an address or an element. */
const REACHES_OUT =
  /:\/\/|(?<!-)\/\/\w|\burl\s*\(|@import|\bimg["']?\s*:|(?:javascript|data|vbscript)\s*:|(?<!<)<(?!br\b)[a-z]+[\s/>]/i
/** Escaped letters and slashes, which the pattern above would not see. */
const ESCAPED = /\\(?:[\d/\n]|x[\da-f]{2}|u[\da-f]{4})/i
const STYLE_LINE = /(?:^|;)[^\S\n]*(?:classDef|style|linkStyle)\b([^;\n]*)/gm
const PLAIN_STYLE = /^[\w\s#,.:%;()-]*$/

/** The source of a Mermaid diagram without settings and clicks, or `null` if it may not be drawn. */
export function drawableSource(source: string): string | null {
  if (source.length > LONGEST) return null
  const plain = source
    .replace(/\r\n?/g, '\n')
    .replace(DIRECTIVE, '')
    .replace(INTERACTION, '')
    .replace(FRONT_MATTER, '')
    .trim()
  if (plain === '' || /%%\s*\{/.test(plain) || REACHES_OUT.test(plain) || ESCAPED.test(plain)) return null
  if (isTooDeep(plain)) return null
  const isStyled = [...plain.matchAll(STYLE_LINE)].every(([, style = '']) => PLAIN_STYLE.test(style))
  return isStyled ? plain : null
}

/** Some diagrams nest by marks or words that begin and end a group, others by how far a line is indented. */
function isTooDeep(source: string): boolean {
  let groups = 0
  const indents: number[] = []
  for (const line of source.split(/[\n;]/)) {
    if (line.trim() === '') continue
    if (GROUP_END.test(line)) groups -= 1
    if (GROUP_BEGIN.test(line)) groups += 1
    const indent = line.search(/\S/)
    while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop()
    indents.push(indent)
    if (Math.max(groups, indents.length) > DEEPEST) return true
  }
  return false
}
