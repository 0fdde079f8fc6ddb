const LONGEST = 20_000
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
  const isStyled = [...plain.matchAll(STYLE_LINE)].every(([, style = '']) => PLAIN_STYLE.test(style))
  return isStyled ? plain : null
}
