import { piecesOfLines } from './pieces.ts'

/** A fence and a heading, at the beginning of a line. */
const FENCE = /^(?:`{3,}|~{3,})/
const HEADING = /^#{1,6}(?=[ \t])/

/**
 * Moves the headings of a long reply down, so that none is above level `highest`, and closes a fence that is open at its
 * end. Only headings and fences at the beginning of a line count. Parsing a long text would take time that grows with
 * the square of it.
 */
export function* longReply(written: string, highest: number): Generator<string, undefined> {
  const text = written.trim()
  let shift = 0
  const looked = new OpenFence()
  for (const piece of piecesOfLines(text)) {
    for (const line of piece.split('\n')) {
      const isCode = looked.take(line)
      const depth = isCode ? 0 : depthOf(line)
      if (depth > 0) shift = Math.max(shift, highest - depth)
    }
    // Nothing is written yet, and other requests can run.
    yield ''
  }
  const fence = new OpenFence()
  for (const piece of piecesOfLines(text)) {
    if (shift === 0) yield piece
    else
      yield piece
        .split('\n')
        .map(line => (fence.take(line) ? line : moved(line, shift)))
        .join('\n')
  }
  if (looked.mark) yield `\n${looked.mark}`
}

/** The marks of a heading. A level below the deepest counts as the deepest, which is 6. */
export function headingMarks(level: number): string {
  return '#'.repeat(Math.min(6, level))
}

function depthOf(line: string): number {
  return HEADING.exec(line)?.[0].length ?? 0
}

function moved(line: string, shift: number): string {
  const depth = depthOf(line)
  return depth === 0 ? line : headingMarks(depth + shift) + line.slice(depth)
}

/** The fence that is open after the lines so far. */
class OpenFence {
  mark: string | undefined

  /** Takes the next line. True if it is code, or ends it. */
  take(line: string): boolean {
    const wasOpen = this.mark !== undefined
    const mark = FENCE.exec(line)?.[0]
    if (this.mark === undefined) this.mark = mark
    else if (mark?.startsWith(this.mark) && line.trimEnd() === mark) this.mark = undefined
    return wasOpen || this.mark !== undefined
  }
}
