import { memo, useContext, useId, useMemo, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { Block, type BlockProps } from './block.tsx'
import { BlockBoundary } from './blockBoundary.tsx'
import { directionOf } from './direction.ts'
import { FootnotesContext, GrowingDirectionContext } from './documentContext.ts'
import { Flow } from './flow.tsx'
import { FootnoteBack, footnotesIn } from './footnotes.tsx'
import { type Blocks, NO_BLOCKS, splitBlocks } from './parsing/blocks.ts'
import { closeLastLeaf } from './parsing/closeLastLeaf.ts'
import {
  type Definitions,
  definitionsFor,
  definitionsIn,
  footnoteLabels,
  footnoteReferences,
} from './parsing/definitions.ts'
import { holdBackUndecided } from './parsing/holdBackUndecided.ts'
import { ParserContext } from './parsing/parserContext.ts'
import { useGradually } from './useGradually.ts'

/** Blocks in a group. */
const GROUP = 12
/** Groups that are drawn at once. */
const GROUPS = 10

/**
 * A reply's text. While `isStreaming`, each update parses and draws only the block that grows. A block is drawn again
 * when a definition comes that it refers to.
 */
export function Markdown({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  const { frozen, tail, tailIsOpenFence } = useBlocks(text)
  const blocks = tail === '' ? frozen : [...frozen, tail]
  const written = isStreaming ? tail.slice(0, tail.lastIndexOf('\n') + 1) : tail
  const definitions = definitionsIn([...frozen, written])
  const notes = blocks.filter(block => footnoteLabels(block).length > 0)
  const names = useFootnoteNames({ notes, frozen, tail })
  const tailState = tailIsOpenFence ? 'openFence' : 'growing'
  const lastState = isStreaming && tail !== '' ? tailState : 'complete'
  const before = frozen.at(-1)
  const groups = useGradually(groupsOf(blocks), { step: GROUPS, isGrowing: isStreaming })
  const isWhole = groups.length * GROUP >= blocks.length
  const direction = useMemo(() => (before && directionOf(before) === 'rtl' ? 'rtl' : undefined), [before])
  return (
    <FootnotesContext value={names}>
      <div className="markdown">
        <GrowingDirectionContext value={direction}>
          {groups.map((texts, index) => (
            <Group
              // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever appended
              key={index}
              texts={texts}
              lastState={isWhole && index === groups.length - 1 ? lastState : 'complete'}
              definitions={definitions}
              isStreaming={isStreaming}
            />
          ))}
        </GrowingDirectionContext>
        {isWhole && notes.length > 0 && (
          <BlockBoundary text={notes.join('')}>
            <Footnotes text={notes.join('')} isGrowing={isStreaming && notes.includes(tail)} />
          </BlockBoundary>
        )}
      </div>
    </FootnotesContext>
  )
}

interface GroupProps {
  texts: readonly string[]
  /** The state of the last block. The others are complete. */
  lastState: BlockProps['state']
  definitions: Definitions
  isStreaming: boolean
}

/**
 * Some blocks that React skips together while none changes. Otherwise each update would compare all blocks of a reply.
 */
const Group = memo(function Group({ texts, lastState, definitions, isStreaming }: GroupProps) {
  return texts.map((text, index) => (
    <Block
      // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever appended
      key={index}
      text={text}
      state={index === texts.length - 1 ? lastState : 'complete'}
      definitions={definitionsFor(text, definitions)}
      isIncomplete={isStreaming && text.includes('][')}
    />
  ))
}, isSameGroup)

function isSameGroup(one: GroupProps, other: GroupProps): boolean {
  return (
    one.lastState === other.lastState &&
    one.isStreaming === other.isStreaming &&
    isSameRow(one.texts, other.texts) &&
    isSameRow([...one.definitions.values()], [...other.definitions.values()])
  )
}

function isSameRow(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index])
}

function groupsOf(blocks: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(blocks.length / GROUP) }, (_, index) =>
    blocks.slice(index * GROUP, (index + 1) * GROUP),
  )
}

/** Returns the same object while the names are the same, so that no reference is drawn again. */
function useFootnoteNames({
  notes,
  frozen,
  tail,
}: {
  notes: string[]
  frozen: readonly string[]
  tail: string
}) {
  const prefix = useId()
  const before = useMemo(() => frozen.flatMap(footnoteReferences), [frozen])
  const noted = notes.flatMap(footnoteLabels).join('\n')
  const referred = [...new Set([...before, ...footnoteReferences(tail)])].join('\n')
  return useMemo(() => {
    const labels = noted.split('\n')
    const order = new Set([...referred.split('\n'), ...labels].filter(label => label !== ''))
    const numbers = new Map([...order].map((label, index) => [label, index + 1]))
    return { prefix, labels: new Set(labels), numbers }
  }, [prefix, noted, referred])
}

/** The blocks of the last text are only a cache. The result is the same without them. */
function useBlocks(text: string): Blocks {
  const cache = useRef(NO_BLOCKS)
  if (cache.current.text !== text) cache.current = splitBlocks(text, cache.current)
  return cache.current
}

/** The notes of a text, at its end. */
const Footnotes = memo(function Footnotes({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const t = useTranslations()
  const { prefix, numbers } = useContext(FootnotesContext)
  const { parseBlocks } = useContext(ParserContext)
  const shown = isGrowing ? holdBackUndecided(text) : { text, hasOpenFormula: false }
  const tokens = parseBlocks(shown.text)
  if (isGrowing) closeLastLeaf(tokens, shown.hasOpenFormula)
  const notes = new Map(
    footnotesIn(tokens)
      .toReversed()
      .map(note => [note.label, { ...note, number: numbers.get(note.label) ?? 0 }]),
  )
  const inOrder = [...notes.values()].toSorted((one, other) => one.number - other.number)
  return (
    <section className="footnotes" aria-label={t('markdown.footnotes')}>
      {inOrder.map(({ label, number, tokens: content }) => (
        <div key={label} id={`${prefix}${label}`} tabIndex={-1}>
          <sup>{number}</sup> <Flow tokens={content as Parameters<typeof Flow>[0]['tokens']} />{' '}
          <FootnoteBack label={label} number={number} />
        </div>
      ))}
    </section>
  )
})
