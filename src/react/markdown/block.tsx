import type { Tokens } from 'marked'
import { memo, useContext, useMemo, useRef } from 'react'
import { BlockBoundary } from './blockBoundary.tsx'
import { SurroundingsContext } from './documentContext.ts'
import { Flow } from './flow.tsx'
import { codeOfOpenFence } from './parsing/blocks.ts'
import { closeLastLeaf } from './parsing/closeLastLeaf.ts'
import { closeTail } from './parsing/closeTail.ts'
import type { MarkdownToken } from './parsing/grammar.ts'
import { linksIn, NO_LINKS } from './parsing/parse.ts'
import { type Reader, ReaderContext } from './parsing/parserContext.ts'
import { type Pieces, piecesOf } from './parsing/splitListOrTable.ts'

export interface BlockProps {
  text: string
  state: 'complete' | 'growing' | 'openFence'
  /** The definitions that the block refers to, as they are written elsewhere in the text. */
  definitions: string
  /** Definitions it refers to may still come. */
  isIncomplete: boolean
}

/** One block of a text. A complete one is read and drawn once. */
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

/** Whatever becomes of a block, it is drawn from one row of tokens, so that the elements that stay are the same. */
function Content({ text, state }: Pick<BlockProps, 'text' | 'state'>) {
  const kept = useRef<Kept>(new Map())
  const { readBlocks } = useContext(ReaderContext)
  if (state === 'openFence') return <Flow tokens={[openFenceIn(text)]} isOpen />
  const isGrowing = state === 'growing'
  const shown = isGrowing ? closeTail(text) : { text, hasOpenFormula: false }
  const reading: Reading = { ...shown, isGrowing, readBlocks, before: kept.current, now: new Map() }
  kept.current = reading.now
  return <Flow tokens={tokensOf(reading)} isOpen={isGrowing} />
}

function openFenceIn(tail: string): Tokens.Code {
  const { language, code } = codeOfOpenFence(tail)
  return { type: 'code', raw: tail, lang: language, text: `${code}\n` }
}

/** What was read in a drawing, by its text. */
type Kept = Map<string, MarkdownToken[]>

interface Reading extends Pick<Reader, 'readBlocks'> {
  text: string
  hasOpenFormula: boolean
  isGrowing: boolean
  before: Kept
  now: Kept
}

function tokensOf(reading: Reading): MarkdownToken[] {
  const pieces = piecesOf(reading.text)
  if (!pieces) return readPiece(reading, reading.text, true)
  const apart = pieces.kind === 'list' ? listOf(reading, pieces) : tableOf(reading, pieces)
  if (!apart) return readPiece(reading, reading.text, true)
  return pieces.lead === '' ? [apart] : [...readPiece(reading, pieces.lead, false), apart]
}

function listOf(reading: Reading, { parts }: Pieces): Tokens.List | null {
  const last = parts.length - 1
  const lists = parts.map((part, index) => firstOf('list', readPiece(reading, part, index === last)))
  const items = lists.flatMap(list => list?.items ?? [])
  const [first] = lists
  if (!first || items.length !== parts.length) return null
  const isApart = (part: string, index: number) => index < last && /\n[ \t]*\n$/.test(part)
  return { ...first, items, loose: lists.some(list => list?.loose) || parts.some(isApart) }
}

function tableOf(reading: Reading, { parts: [head = '', ...rows] }: Pieces): Tokens.Table | null {
  const table = firstOf('table', readPiece(reading, head, rows.length === 0))
  if (!table) return null
  const cellsOf = (row: string, index: number) =>
    firstOf('table', readPiece(reading, head + row, index === rows.length - 1))?.rows[0] ?? []
  return { ...table, rows: rows.map(cellsOf) }
}

function firstOf<Type extends 'list' | 'table'>(type: Type, tokens: readonly MarkdownToken[]) {
  return tokens.find((token): token is Extract<MarkdownToken, { type: Type }> => token.type === type)
}

/** Reads a piece, unless the last drawing did. The last one of a block that grows is closed. */
function readPiece(reading: Reading, text: string, isLast: boolean): MarkdownToken[] {
  const { before, now, isGrowing, hasOpenFormula, readBlocks } = reading
  const isOpen = isLast && isGrowing
  const known = isOpen ? undefined : (before.get(text) ?? now.get(text))
  const tokens = known ?? readBlocks(text)
  if (!isOpen || !closeLastLeaf(tokens, hasOpenFormula)) now.set(text, tokens)
  return tokens
}
