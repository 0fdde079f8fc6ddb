import type { Tokens } from 'marked'
import { Fragment, memo, type ReactNode, useContext, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { cutLongWords } from '../cutLongWords.tsx'
import { alertOf } from './alert.ts'
import { CodeBlock } from './codeBlock.tsx'
import { CopyTable } from './copyTable.tsx'
import { DetailsBlock } from './detailsBlock.tsx'
import { directionOf } from './direction.ts'
import { GrowingDirectionContext } from './documentContext.ts'
import { useFitOnPaper } from './fitOnPaper.ts'
import { Formula } from './formula.tsx'
import { Inline } from './inline.tsx'
import type { MarkdownToken } from './parsing/grammar.ts'
import { paragraphText } from './parsing/paragraphText.ts'
import { useGradually } from './useGradually.ts'

interface FlowProps {
  tokens: readonly MarkdownToken[]
  /** The list has blank lines between its items, so that their text is drawn as paragraphs. */
  isLoose?: boolean
  /** The last of the tokens is still being written. */
  isOpen?: boolean
  /** The tokens stand in a list or a quotation. */
  isInside?: boolean
}

/** Blocks, one below the other. */
export function Flow({ tokens, isLoose = false, isOpen = false, isInside = false }: FlowProps) {
  const direction = useContext(GrowingDirectionContext)
  const shown = tokens.filter(({ type }) => type !== 'space' && (type !== 'def' || isInside))
  return shown.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever appended
    <Fragment key={index}>
      {drawBlock(token, { isLoose, direction, isOpen: isOpen && index === shown.length - 1 })}
    </Fragment>
  ))
}

interface DrawOptions {
  isLoose: boolean
  isOpen: boolean
  /** Of an open block that has no letters yet that decide it. */
  direction: 'rtl' | undefined
}

function drawBlock(token: MarkdownToken, options: DrawOptions): ReactNode {
  if (isOnlyNotes([token])) return null
  switch (token.type) {
    case 'heading':
      return drawHeading(token)
    case 'paragraph':
      return (
        <p dir={directionOf(token.text) ?? (options.isOpen ? options.direction : undefined)}>
          <Inline text={paragraphText(token)} />
        </p>
      )
    case 'text': {
      const leaf = <Inline text={token.text} />
      return options.isLoose ? <p>{leaf}</p> : leaf
    }
    case 'list':
      return <List token={token} isOpen={options.isOpen} direction={options.direction} />
    case 'table':
      return <Table token={token} isOpen={options.isOpen} />
    case 'code':
      return (
        <CodeBlock
          language={languageOf(token)}
          code={codeOf(token)}
          isOpen={options.isOpen && !isClosed(token)}
        />
      )
    case 'blockquote':
      return (
        <Quotation
          tokens={token.tokens as MarkdownToken[]}
          direction={directionOf(token.raw)}
          isOpen={options.isOpen}
        />
      )
    case 'formula':
      return <Formula tex={token.tex} isDisplay isOpen={token.isOpen ?? false} />
    case 'details':
      return (
        <DetailsBlock summary={token.summary} isClosed={token.isClosed}>
          <Flow tokens={token.tokens as MarkdownToken[]} isOpen={options.isOpen} isInside />
        </DetailsBlock>
      )
    case 'hr':
      return <hr />
    case 'def':
      return (
        <p>
          <Inline text={`\\${token.raw.trim()}`} />
        </p>
      )
    case 'html':
      return <p className="whitespace-pre-wrap">{cutLongWords(token.text.trim())}</p>
    case 'unread':
      return <AsWritten text={token.raw} isGrowing={options.isOpen} />
    default:
      return null
  }
}

/** Lines of text as it was written that are drawn at once. */
const LINES = 500

/** A text as it was written. It is laid out in pieces, because the lines of one element are laid out all together. */
function AsWritten({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const lines = text.replace(/\n$/, '').split('\n')
  const pieces = Array.from({ length: Math.ceil(lines.length / LINES) }, (_, index) =>
    lines.slice(index * LINES, (index + 1) * LINES).join('\n'),
  )
  const shown = useGradually(pieces, { step: 1, isGrowing })
  return shown.map((piece, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces are only ever appended
    <p key={index} className="as-written whitespace-pre-wrap">
      {cutLongWords(piece)}
    </p>
  ))
}

/** Whether all that is drawn of the tokens is footnotes. Those are drawn at the end of the text. */
function isOnlyNotes(tokens: readonly MarkdownToken[]): boolean {
  const shown = tokens.filter(({ type }) => type !== 'space')
  return shown.length > 0 && shown.every(isOnlyNote)
}

function isOnlyNote(token: MarkdownToken): boolean {
  if (token.type === 'list') return token.items.every(item => isOnlyNotes(item.tokens as MarkdownToken[]))
  if (token.type === 'blockquote') return isOnlyNotes(token.tokens as MarkdownToken[])
  return token.type === 'footnote'
}

interface QuotationProps {
  tokens: MarkdownToken[]
  direction: 'rtl' | 'ltr' | undefined
  isOpen: boolean
}

/** A quotation. If it begins as an alert (`> [!NOTE]`), it is headed by the kind of alert. */
function Quotation({ tokens, direction, isOpen }: QuotationProps) {
  const t = useTranslations()
  const alert = alertOf(tokens)
  return (
    <blockquote dir={direction ?? 'auto'}>
      {alert && <p className="alert">{t(`alerts.${alert.kind}`)}</p>}
      <Flow tokens={alert?.tokens ?? tokens} isOpen={isOpen} isInside />
    </blockquote>
  )
}

/** Levels 1 and 2 look alike, because the page has a heading above the reply, and many models begin with level 3. */
function drawHeading({ depth, text }: Tokens.Heading): ReactNode {
  const leaf = <Inline text={text} />
  const dir = directionOf(text)
  if (depth > 3) return <h4 dir={dir}>{leaf}</h4>
  return (
    <h3 className={depth === 3 ? undefined : 'large'} dir={dir}>
      {leaf}
    </h3>
  )
}

function languageOf({ lang }: Tokens.Code): string {
  return /^[^\s`]*/.exec(lang ?? '')?.[0] ?? ''
}

function codeOf({ text, codeBlockStyle }: Tokens.Code): string {
  return codeBlockStyle === 'indented' ? text.replace(/\n+$/, '') : text.replace(/\n$/, '')
}

/** Whether the closing fence has come. Of code without a fence nobody can tell where it ends. */
function isClosed({ raw }: Tokens.Code): boolean {
  const fence = /^[ \t]*(`{3,}|~{3,})/.exec(raw)?.[1]
  const last = raw.trimEnd().split('\n').slice(1).at(-1)?.trim() ?? ''
  return fence !== undefined && /^(?:`+|~+)$/.test(last) && last.startsWith(fence)
}

/** Items of a list, and cells of a table, that are drawn at once. They take a few milliseconds. */
const ITEMS = 50
const CELLS = 200

interface ListProps extends Pick<DrawOptions, 'isOpen' | 'direction'> {
  token: Tokens.List
}

function List({ token, isOpen, direction }: ListProps) {
  const { ordered, start, loose, items } = token
  const decided = directionOf(items.map(({ raw }) => raw).join(' '))
  const dir = decided ?? (isOpen ? direction : undefined) ?? 'auto'
  const shown = useGradually(items, { step: ITEMS, isGrowing: isOpen })
  const drawn = shown.map((item, index) =>
    isOnlyNotes(item.tokens as MarkdownToken[]) ? null : (
      <ListItem
        // biome-ignore lint/suspicious/noArrayIndexKey: items are only ever appended
        key={index}
        item={item}
        isLoose={loose}
        isOpen={isOpen && index === items.length - 1}
      />
    ),
  )
  if (!ordered) return <ul dir={dir}>{drawn}</ul>
  return (
    <ol dir={dir} start={start === 1 ? undefined : Number(start)}>
      {drawn}
    </ol>
  )
}

const ListItem = memo(function ListItem({
  item,
  isLoose,
  isOpen,
}: {
  item: Tokens.ListItem
  isLoose: boolean
  isOpen: boolean
}) {
  return (
    <li>
      {item.task && <span className="checkbox">{item.checked ? '☑' : '☐'} </span>}
      <Flow tokens={item.tokens as MarkdownToken[]} isLoose={isLoose} isOpen={isOpen} isInside />
    </li>
  )
})

function Table({ token: { header, rows }, isOpen }: { token: Tokens.Table; isOpen: boolean }) {
  const table = useRef<HTMLTableElement>(null)
  const step = Math.ceil(CELLS / Math.max(1, header.length))
  const shown = useGradually(rows, { step, isGrowing: isOpen })
  useFitOnPaper(table)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard */}
      <div className="table" tabIndex={0}>
        <table ref={table} dir={directionOf(header.map(({ text }) => text).join(' ')) ?? 'auto'}>
          <thead>
            <TableRow cells={header} />
          </thead>
          <tbody>
            {shown.map((cells, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows are only ever appended
              <TableRow key={index} cells={cells} />
            ))}
          </tbody>
        </table>
      </div>
      {!isOpen && <CopyTable />}
    </>
  )
}

const TableRow = memo(function TableRow({ cells }: { cells: readonly Tokens.TableCell[] }) {
  return (
    <tr>
      {cells.map(({ text, header, align }, index) => {
        const Cell = header ? 'th' : 'td'
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the cells of a row keep their columns
          <Cell key={index} dir={directionOf(text)} style={align ? { textAlign: align } : undefined}>
            <Inline text={text} />
          </Cell>
        )
      })}
    </tr>
  )
})
