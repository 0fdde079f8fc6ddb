import type { Tokens } from 'marked'
import { memo, useContext, useMemo, useRef } from 'react'
import { BlockBoundary } from './blockBoundary.tsx'
import { SurroundingsContext } from './documentContext.ts'
import { Flow } from './flow.tsx'
import { codeOfOpenFence } from './parsing/blocks.ts'
import { closeLastLeaf } from './parsing/closeLastLeaf.ts'
import type { MarkdownToken } from './parsing/grammar.ts'
import { holdBackUndecided } from './parsing/holdBackUndecided.ts'
import { linksIn, NO_LINKS } from './parsing/parse.ts'
import { type Parser, ParserContext } from './parsing/parserContext.ts'
import { type ListOrTable, splitListOrTable } from './parsing/splitListOrTable.ts'
import { useGradually } from './useGradually.ts'

export interface BlockProps {
  text: string
  state: 'complete' | 'growing' | 'openFence'
  /** The link definitions that the block refers to. They stand elsewhere in the text. */
  definitions: string
  /** Definitions that it refers to may still come. */
  isIncomplete: boolean
}

/** One block of a text. A complete block is parsed and drawn once. */
export const Block = memo(function Block({ text, state, definitions, isIncomplete }: BlockProps) {
  const surroundings = useMemo(
    () => ({ links: definitions === '' ? NO_LINKS : linksIn(definitions), isIncomplete }),
    [definitions, isIncomplete],
  )
  return (
    <SurroundingsContext value={surroundings}>
      <BlockBoundary text={text}>
        <Content text={text} state={state} />
      </BlockBoundary>
    </SurroundingsContext>
  )
})

/** A block is one `Flow` in every state, so that React keeps its elements when the state changes. */
function Content({ text, state }: Pick<BlockProps, 'text' | 'state'>) {
  const kept = useRef<Kept>(new Map())
  const { parseBlocks } = useContext(ParserContext)
  const isFence = state === 'openFence'
  const isGrowing = state === 'growing'
  const shown = isGrowing ? holdBackUndecided(text) : { text, hasOpenFormula: false }
  const split = useMemo(() => (isFence ? null : boundedSplit(shown.text)), [isFence, shown.text])
  const parts = useGradually(split?.parts ?? [], { step: PARTS, isGrowing: isFence || isGrowing })
  if (isFence) return <Flow tokens={[openFenceIn(text)]} isOpen />
  const parsing: Parsing = { ...shown, isGrowing, parseBlocks, before: kept.current, now: new Map() }
  kept.current = parsing.now
  return <Flow tokens={tokensOf(parsing, split, parts)} isOpen={isGrowing} />
}

function openFenceIn(tail: string): Tokens.Code {
  const { language, code } = codeOfOpenFence(tail)
  return { type: 'code', raw: tail, lang: language, text: `${code}\n` }
}

/** The tokens of the parts that a drawing parsed, by their text. */
type Kept = Map<string, MarkdownToken[]>

interface Parsing extends Pick<Parser, 'parseBlocks'> {
  text: string
  hasOpenFormula: boolean
  isGrowing: boolean
  before: Kept
  now: Kept
}

/** Items of a list, or cells of a table, that are drawn. What follows is shown as it was written. */
const MAX_ITEMS = 2000
const MAX_CELLS = 6000

/** Those parsed at once. They take a few milliseconds. */
const PARTS = 300

/** A list or table. `rest` is what is not drawn of it. */
type BoundedSplit = ListOrTable & { rest: string }

function boundedSplit(text: string): BoundedSplit | null {
  const split = splitListOrTable(text)
  if (!split) return null
  const most = split.kind === 'list' ? MAX_ITEMS : 1 + Math.ceil(MAX_CELLS / columnsOf(split))
  return { ...split, parts: split.parts.slice(0, most), rest: split.parts.slice(most).join('') }
}

/** `parts`: those that there has been time for, the first ones of the split. */
function tokensOf(parsing: Parsing, split: BoundedSplit | null, parts: readonly string[]): MarkdownToken[] {
  if (!split) return parsePart(parsing, parsing.text, true)
  const part = split.rest === '' ? parsing : { ...parsing, isGrowing: false }
  const whole = split.kind === 'list' ? listOf(part, split, parts) : tableOf(part, parts)
  if (!whole) return parsePart(parsing, parsing.text, true)
  const lead = split.lead === '' ? [] : parsePart(parsing, split.lead, false)
  const hasRest = split.rest !== '' && parts.length === split.parts.length
  return [...lead, whole, ...(hasRest ? [{ type: 'unread' as const, raw: split.rest }] : [])]
}

function columnsOf({ parts: [head = ''] }: ListOrTable): number {
  return Math.max(1, head.slice(0, head.indexOf('\n')).split('|').length - 2)
}

function listOf(parsing: Parsing, split: ListOrTable, parts: readonly string[]): Tokens.List | null {
  const last = split.parts.length - 1
  const lists = parts.map((part, index) => firstOf('list', parsePart(parsing, part, index === last)))
  const items = lists.flatMap(list => list?.items ?? [])
  const [first] = lists
  if (!first || items.length !== parts.length) return null
  const isApart = (part: string, index: number) => index < last && /\n[ \t]*\n$/.test(part)
  return { ...first, items, loose: lists.some(list => list?.loose) || split.parts.some(isApart) }
}

function tableOf(parsing: Parsing, [head = '', ...rows]: readonly string[]): Tokens.Table | null {
  const table = firstOf('table', parsePart(parsing, head, rows.length === 0))
  if (!table) return null
  const cellsOf = (row: string, index: number) =>
    firstOf('table', parsePart(parsing, head + row, index === rows.length - 1))?.rows[0] ?? []
  return { ...table, rows: rows.map(cellsOf) }
}

function firstOf<Type extends 'list' | 'table'>(type: Type, tokens: readonly MarkdownToken[]) {
  return tokens.find((token): token is Extract<MarkdownToken, { type: Type }> => token.type === type)
}

/** Parses a part, unless the last drawing did. The last part of a growing block is closed. */
function parsePart(parsing: Parsing, text: string, isLast: boolean): MarkdownToken[] {
  const { before, now, isGrowing, hasOpenFormula, parseBlocks } = parsing
  const isOpen = isLast && isGrowing
  const known = isOpen ? undefined : (before.get(text) ?? now.get(text))
  const tokens = known ?? parseBlocks(text)
  if (!isOpen || !closeLastLeaf(tokens, hasOpenFormula)) now.set(text, tokens)
  return tokens
}
