import type { Part } from '../../../protocol/parts.ts'
import { splitBlocks } from './blocks.ts'

/**
 * The parts as they are drawn. If a reply broke off inside a block, the break is moved to the end of that block.
 * Otherwise half a list, or an unclosed `**`, would be drawn wrong before and after the break.
 */
export function acrossBreaks(parts: readonly Part[]): Part[] {
  const drawn = [...parts]
  for (let index = drawn.length - 2; index > 0; index--) {
    const [before, between, after] = drawn.slice(index - 1, index + 2)
    if (before?.type !== 'text' || between?.type !== 'break' || after?.type !== 'text') continue
    const whole = before.text + after.text
    const head = throughBlockAt(whole, before.text.length)
    drawn[index - 1] = { ...before, text: whole.slice(0, head) }
    drawn[index + 1] = { ...after, text: whole.slice(head) }
  }
  return drawn
}

/** Put after the text, it ends the last block, if anything can. */
const NEXT_BLOCK = '\n\n.\n'

/** The end of the block that contains the character before `offset`. */
function throughBlockAt(text: string, offset: number): number {
  const { frozen, tail } = splitBlocks(text + NEXT_BLOCK)
  let end = 0
  for (const block of [...frozen, tail]) {
    end += block.length
    if (end >= offset) return Math.min(end, text.length)
  }
  return text.length
}
