import { createContext } from 'react'
import { parseBlocks, parseInline } from './parse.ts'

/** Turns text into tokens. */
export interface Parser {
  parseBlocks: typeof parseBlocks
  parseInline: typeof parseInline
}

/** The parser of all texts on the page. Tests replace it, to count or to fail. */
export const ParserContext = createContext<Parser>({ parseBlocks, parseInline })
