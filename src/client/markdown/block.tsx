import type { Tokens } from 'marked'
import { memo, type ReactNode, useContext, useMemo, useRef } from 'react'
import { BlockBoundary } from './blockBoundary.tsx'
import { codeOfOpenFence } from './blocks.ts'
import { closeTail } from './closeTail.ts'
import { SurroundingsContext } from './documentContext.ts'
import { Flow, List, ListItem, Table, TableRow } from './flow.tsx'
import { Formula } from './formula.tsx'
import type { MarkdownToken } from './grammar.ts'
import { closeLastLeaf } from './growing.ts'
import { type Pieces, piecesOf } from './pieces.ts'
import { linksIn, NO_LINKS } from './read.ts'
import { ReaderContext } from './reader.ts'

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

/** Whatever becomes of a block while it grows, the elements that stay are the same. */
function Content({ text, state }: Pick<BlockProps, 'text' | 'state'>) {
  const isFence = state === 'openFence'
  const shown = state === 'growing' ? closeTail(text) : { text, formula: null }
  const isOpen = state !== 'complete' && shown.formula === null
  const pieces = isFence ? null : piecesOf(shown.text)
  return (
    <>
      {pieces ? (
        <Apart {...pieces} isOpen={isOpen} />
      ) : (
        <Whole text={shown.text} isOpen={isOpen} isFence={isFence} />
      )}
      {shown.formula !== null && <Formula tex={shown.formula} isDisplay isOpen />}
    </>
  )
}

interface WholeProps {
  text: string
  isOpen: boolean
  /** Code that is still being written: it is not read at all, however long it grows. */
  isFence?: boolean
}

function Whole({ text, isOpen, isFence = false }: WholeProps) {
  const { readBlocks } = useContext(ReaderContext)
  if (isFence) return <Flow tokens={[openFenceIn(text)]} isOpen />
  const tokens = readBlocks(text)
  return <Flow tokens={isOpen ? closeLastLeaf(tokens) : tokens} />
}

function openFenceIn(tail: string): Tokens.Code {
  const { language, code } = codeOfOpenFence(tail)
  return { type: 'code', raw: tail, lang: language, text: `${code}\n` }
}

const Lead = memo(function Lead({ text }: { text: string }) {
  return <Whole text={text} isOpen={false} />
})

function Apart({ kind, lead, parts, isOpen }: Pieces & { isOpen: boolean }) {
  return (
    <>
      {lead !== '' && <Lead text={lead} />}
      {kind === 'list' ? <Items parts={parts} isOpen={isOpen} /> : <Rows parts={parts} isOpen={isOpen} />}
    </>
  )
}

interface PartsProps {
  parts: readonly string[]
  isOpen: boolean
}

function Items({ parts, isOpen }: PartsProps): ReactNode {
  const read = useRead(isOpen ? parts.length - 1 : parts.length)
  const lists = parts.map(read).map(tokens => tokens.find(token => token.type === 'list'))
  const items = lists.flatMap(list => list?.items ?? [])
  const first = lists[0]
  if (!first || items.length !== parts.length) return <Whole text={parts.join('')} isOpen={isOpen} />
  const isApart = (part: string, index: number) => index < parts.length - 1 && /\n[ \t]*\n$/.test(part)
  const isLoose = lists.some(list => list?.loose) || parts.some(isApart)
  return (
    <List token={first}>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items are only ever appended
        <ListItem key={index} item={item} isLoose={isLoose} />
      ))}
    </List>
  )
}

function Rows({ parts, isOpen }: PartsProps): ReactNode {
  const [head = '', ...rows] = parts
  const read = useRead(isOpen ? parts.length - 1 : parts.length)
  const heads = read(head, 0).find(token => token.type === 'table')
  const tables = rows.map((row, index) => read(`${head}${row}`, index + 1)[0])
  const cells = tables.map(table => (table?.type === 'table' ? (table.rows[0] ?? []) : []))
  if (!heads) return <Whole text={parts.join('')} isOpen={isOpen} />
  return (
    <Table header={heads.header}>
      {cells.map((row: Tokens.TableCell[], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are only ever appended
        <TableRow key={index} cells={row} />
      ))}
    </Table>
  )
}

/**
 * Reads parts, and remembers what it read in the last drawing. The part at `open` grows: it is read each time, and
 * closed.
 */
function useRead(open: number): (text: string, index: number) => MarkdownToken[] {
  const { readBlocks } = useContext(ReaderContext)
  const kept = useRef<ReadonlyMap<string, MarkdownToken[]>>(new Map())
  const before = kept.current
  const now = new Map<string, MarkdownToken[]>()
  kept.current = now
  return (text, index) => {
    if (index === open) return closeLastLeaf(readBlocks(text))
    const tokens = before.get(text) ?? now.get(text) ?? readBlocks(text)
    now.set(text, tokens)
    return tokens
  }
}
