import { memo, useContext, useId, useMemo, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { Block } from './block.tsx'
import { BlockBoundary } from './blockBoundary.tsx'
import { type Blocks, NO_BLOCKS, splitBlocks } from './blocks.ts'
import { closeTail } from './closeTail.ts'
import { definitionsFor, definitionsIn, footnoteLabels } from './definitions.ts'
import { FootnotesContext } from './documentContext.ts'
import { Flow } from './flow.tsx'
import { FootnoteBack, footnotesIn } from './footnotes.tsx'
import { closeLastLeaf } from './growing.ts'
import { ReaderContext } from './reader.ts'

/**
 * A reply's text. While `isStreaming`, each update reads and draws only the block that grows; what a definition at the
 * end explains is drawn again when that has come.
 */
export function Markdown({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  const { frozen, tail, tailIsOpenFence } = useBlocks(text)
  const blocks = tail === '' ? frozen : [...frozen, tail]
  const written = isStreaming ? tail.slice(0, tail.lastIndexOf('\n') + 1) : tail
  const definitions = definitionsIn([...frozen, written])
  const notes = blocks.filter(block => footnoteLabels(block).length > 0)
  const prefix = useId()
  const joined = notes.flatMap(footnoteLabels).join('\n')
  const names = useMemo(() => ({ prefix, labels: new Set(joined.split('\n')) }), [prefix, joined])
  const stateOf = (index: number) => {
    if (!isStreaming || index < frozen.length) return 'complete'
    return tailIsOpenFence ? 'openFence' : 'growing'
  }
  return (
    <FootnotesContext value={names}>
      <div className="markdown">
        {blocks.map((block, index) => (
          <Block
            // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever appended
            key={index}
            text={block}
            state={stateOf(index)}
            definitions={definitionsFor(block, definitions)}
            isIncomplete={isStreaming && block.includes('][')}
          />
        ))}
        {notes.length > 0 && (
          <BlockBoundary text={notes.join('')}>
            <Footnotes text={notes.join('')} isGrowing={isStreaming && notes.includes(tail)} />
          </BlockBoundary>
        )}
      </div>
    </FootnotesContext>
  )
}

/** The split of the last text is kept as a cache only: the result is the same without it. */
function useBlocks(text: string): Blocks {
  const cache = useRef(NO_BLOCKS)
  if (cache.current.text !== text) cache.current = splitBlocks(text, cache.current)
  return cache.current
}

/** The notes of a text, at its end. */
const Footnotes = memo(function Footnotes({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const t = useTranslations()
  const { prefix } = useContext(FootnotesContext)
  const { readBlocks } = useContext(ReaderContext)
  const shown = isGrowing ? closeTail(text) : { text, hasOpenFormula: false }
  const tokens = readBlocks(shown.text)
  if (isGrowing) closeLastLeaf(tokens, shown.hasOpenFormula)
  const notes = new Map(
    footnotesIn(tokens)
      .toReversed()
      .map(note => [note.label, note]),
  )
  return (
    <section className="footnotes" aria-label={t('markdown.footnotes')}>
      {[...notes.values()].toReversed().map(({ label, tokens: content }) => (
        <div key={label} id={`${prefix}${label}`} tabIndex={-1}>
          <sup>{label}</sup> <Flow tokens={content as Parameters<typeof Flow>[0]['tokens']} />{' '}
          <FootnoteBack label={label} />
        </div>
      ))}
    </section>
  )
})
