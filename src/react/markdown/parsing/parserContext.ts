import { createContext } from 'react'
import { readBlocks, readInline } from './parse.ts'

/** What turns text into tokens. */
export interface Reader {
  readBlocks: typeof readBlocks
  readInline: typeof readInline
}

/** How the texts on the page are read. A test that counts puts a counting one in its place. */
export const ReaderContext = createContext<Reader>({ readBlocks, readInline })
