import { whenIdle } from './engines/whenIdle.ts'
import { closeInline } from './parsing/closeInline.ts'
import { closeTail } from './parsing/closeTail.ts'
import { NO_LINKS, readBlocks, readInline } from './parsing/parse.ts'

/**
 * Reads a word of Markdown while the page has nothing to do. Each pattern is compiled when it is first used, which on a
 * slow phone takes longer than a frame: the first words of a reply need not wait for that.
 */
export function rehearseReading(): void {
  whenIdle(async () => void readBlocks(closeTail('a').text))
  whenIdle(async () => void readInline(closeInline('a *b*'), { links: NO_LINKS, isIncomplete: true }))
}
