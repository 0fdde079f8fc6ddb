import { createContext } from 'react'
import type { Source } from '../../protocol/parts.ts'
import { type InlineOptions, NO_LINKS } from './parsing/parse.ts'

/** The facts that a leaf of a block needs from the rest of the text. */
export const SurroundingsContext = createContext<InlineOptions>({ links: NO_LINKS, isIncomplete: false })

/** The direction of a block that grows and has no letters yet that decide it: that of the block before it. */
export const GrowingDirectionContext = createContext<'rtl' | undefined>(undefined)

export interface FootnoteNames {
  /** Every id begins with it, so that no two texts on a page share one. */
  prefix: string
  /** The labels that have a note. */
  labels: ReadonlySet<string>
  /** The numbers of the notes, from 1, in the order in which the text first refers to them. */
  numbers: ReadonlyMap<string, number>
}

export const FootnotesContext = createContext<FootnoteNames>({
  prefix: '',
  labels: new Set(),
  numbers: new Map(),
})

/** How links to passages of documents work here. */
export interface Passages {
  /** Where the document of a passage is. `null`: at no address. */
  urlOf(source: Source): string | null
  /** Shows a passage over the page. If absent, a link leads to the document. */
  show?(source: Source): void
}

/** Without it, nothing leads to passages. */
export const PassagesContext = createContext<Passages | null>(null)

/** The sources of the message a text belongs to, in the order of their numbers, from 1. */
export const SourcesContext = createContext<readonly Source[]>([])
