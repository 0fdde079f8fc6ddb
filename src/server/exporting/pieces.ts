/** About how much text is written at once, in UTF-16 units, and how many lines. Other requests run in between. */
export const PIECE = 16 * 1024
const PIECE_LINES = 2000

/** Cuts a text between lines. A piece begins and ends with whole lines; the line break after it begins the next one. */
export function* piecesOfLines(text: string): Generator<string, undefined> {
  let from = 0
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lines += 1
    if (at - from < PIECE && lines < PIECE_LINES) continue
    yield text.slice(from, at)
    from = at
    lines = 0
  }
  if (from < text.length) yield text.slice(from)
}

/** The lines of a text, one by one. */
export function* linesOf(text: string): Generator<string, undefined> {
  let from = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
    yield text.slice(from, at)
    from = at + 1
  }
  yield text.slice(from)
}

/** Cuts a line into pieces: between words if it can, and never inside a character. */
export function* piecesOfLine(line: string): Generator<string, undefined> {
  for (let from = 0; from < line.length; ) {
    let to = Math.min(from + PIECE, line.length)
    if (to < line.length) {
      const space = line.lastIndexOf(' ', to)
      if (space > from + PIECE / 2) to = space
      else if (/[\uD800-\uDBFF]/.test(line[to - 1] ?? '')) to -= 1
    }
    yield line.slice(from, to)
    from = to
  }
}
