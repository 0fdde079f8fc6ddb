const LONGEST = 20_000
/** Settings of its own, and what a click would do: a picture takes neither. */
const FRONT_MATTER = /^\s*---[ \t]*\n[\s\S]*?\n[ \t]*---[ \t]*(?:\n|$)/
const DIRECTIVE = /%%\{[\s\S]*?\}%%/g
const INTERACTION = /^[ \t]*(?:click|links?)[ \t].*$/gm
/** While it is drawn it is part of the page for a moment: nothing in it may name an address or bring an element. */
const REACHES_OUT =
  /:\/\/|\burl\s*\(|@import|\bimg\s*:|(?:javascript|data|vbscript)\s*:|(?<!<)<(?!br\b)[a-z]+[\s/>]/i
const STYLE_LINE = /^[ \t]*(?:classDef|style|linkStyle)\b(.*)$/gm
const PLAIN_STYLE = /^[\w\s#,.:%;()-]*$/

/** The source of a Mermaid diagram without what a picture has no use for; `null` when it is not to be drawn. */
export function drawableSource(source: string): string | null {
  if (source.length > LONGEST) return null
  const plain = source.replace(FRONT_MATTER, '').replace(DIRECTIVE, '').replace(INTERACTION, '').trim()
  if (plain === '' || /%%\s*\{/.test(plain) || REACHES_OUT.test(plain)) return null
  const isStyled = [...plain.matchAll(STYLE_LINE)].every(([, style = '']) => PLAIN_STYLE.test(style))
  return isStyled ? plain : null
}
