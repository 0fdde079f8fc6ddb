import type { Part } from '../../../protocol/parts.ts'
import { untilBreak } from '../../../protocol/tableBreak.ts'
import { splitBlocks } from './blocks.ts'

/**
 * The parts as they are drawn. If a reply broke off inside a block, the text that continues it is moved to that block, and
 * the break is drawn after it. Otherwise half a list, or an unclosed `**`, would be drawn wrong before and after the break.
 * `isGrowing` says that the last text is still being written.
 */
export function acrossBreaks(parts: readonly Part[], isGrowing = false): Part[] {
  const drawn = [...parts]
  const last = drawn.findLastIndex(part => part.type === 'text')
  for (let index = drawn.length - 2; index > 0; index--) {
    const [before, between] = drawn.slice(index - 1, index + 1)
    if (before?.type !== 'text' || between?.type !== 'break') continue
    const next = drawn.findIndex((part, place) => place > index && !isAside(part))
    const after = drawn[next]
    if (after?.type !== 'text') continue
    const begun = untilBreak(before.text, after.text, isGrowing && next === last)
    const whole = begun + after.text
    const head = throughBlockAt(whole, begun.length)
    drawn[index - 1] = { ...before, text: whole.slice(0, head) }
    drawn[next] = { ...after, text: whole.slice(head) }
  }
  return drawn
}

/** It may stand between a break and the text that continues the reply. */
function isAside({ type }: Part): boolean {
  return type === 'reasoning' || type === 'source' || type === 'suggestions'
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
