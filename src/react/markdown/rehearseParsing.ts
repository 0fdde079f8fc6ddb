import { whenIdle } from './engines/whenIdle.ts'
import { closeInline } from './parsing/closeInline.ts'
import { holdBackUndecided } from './parsing/holdBackUndecided.ts'
import { NO_LINKS, parseBlocks, parseInline } from './parsing/parse.ts'

/**
 * Parses a word of Markdown while the page is idle. The browser compiles each pattern when it is first used, which
 * takes longer than a frame on a slow phone. The first words of a reply would wait for it.
 */
export function rehearseParsing(): void {
  whenIdle(async () => void parseBlocks(holdBackUndecided('a').text))
  whenIdle(async () => void parseInline(closeInline('a *b*'), { links: NO_LINKS, isIncomplete: true }))
}
