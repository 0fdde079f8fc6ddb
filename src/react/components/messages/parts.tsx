import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { REPLY_TEXT } from '../../../browser/replyHtml.ts'
import { isGrowable, type Timing } from '../../../protocol/events.ts'
import type { Break, Part, PartType, Source } from '../../../protocol/parts.ts'
import { PassagesContext, SourcesContext } from '../../markdown/documentContext.ts'
import { sourceText } from '../../markdown/links.ts'
import { Markdown } from '../../markdown/markdown.tsx'
import { SourceLink } from '../../markdown/outsideLink.tsx'
import { acrossBreaks } from '../../markdown/parsing/acrossBreaks.ts'
import { usePrinting } from '../../printing.ts'
import { Summary } from '../controls/summary.tsx'
import { usePassages } from './passages.ts'
import { Searches } from './searches.tsx'
import { StoredFileView } from './storedFileView.tsx'
import { Suggestions } from './suggestions.tsx'
import { ToolCalls } from './toolCalls.tsx'
import { type Answering, type Choices, useChoices } from './useChoices.ts'

interface PartsProps {
  parts: readonly Part[]
  isStreaming: boolean
  /** How long the reply took, once it is complete. */
  timing?: Timing | null | undefined
  /** What can be done about calls that wait. If absent, nobody can decide here. */
  answering?: Answering | undefined
  /** Sends a question that the reply suggests. If absent, the questions are only listed. */
  onAsk?: ((question: string) => void) | undefined
}

/** Draws a reply: its text, the model's reasoning folded away, and at the end its sources and suggested questions. */
export function Parts({ parts, isStreaming, timing, answering, onAsk }: PartsProps) {
  const drawn = acrossBreaks(parts, isStreaming)
  const lastGrown = drawn.findLastIndex(part => isGrowable(part) && part.text !== '')
  const lastReasoning = drawn.findLastIndex(part => part.type === 'reasoning')
  const sources = useSources(parts)
  const passages = usePassages()
  const choices = useChoices(parts, answering)
  return (
    <PassagesContext value={passages}>
      <SourcesContext value={sources}>
        <div className="space-y-3.5">
          {drawn.map((part, index) =>
            part.type === 'tool' ? (
              <CallsFrom
                key={part.id}
                parts={drawn}
                index={index}
                isStreaming={isStreaming}
                choices={choices}
              />
            ) : part.type === 'search' ? (
              <SearchesFrom key={part.id} parts={drawn} index={index} />
            ) : (
              <ReplyPart
                key={part.id}
                part={part}
                isGrowing={isStreaming && index >= lastGrown}
                took={index === lastReasoning ? (timing?.reasoningMs ?? null) : null}
              />
            ),
          )}
          {sources.length > 0 && <Sources sources={sources} />}
          {!isStreaming && <Suggestions parts={parts} onAsk={onAsk} />}
        </div>
      </SourcesContext>
    </PassagesContext>
  )
}

/** The calls that follow each other from `index` on, if that is the first of them. */
function CallsFrom({
  parts,
  index,
  isStreaming,
  choices,
}: {
  parts: readonly Part[]
  index: number
  isStreaming: boolean
  choices: Choices | undefined
}) {
  const calls = beginning(parts, { index, type: 'tool' })
  return calls.length > 0 ? <ToolCalls calls={calls} isStreaming={isStreaming} choices={choices} /> : null
}

function SearchesFrom({ parts, index }: { parts: readonly Part[]; index: number }) {
  const searches = beginning(parts, { index, type: 'search' })
  return searches.length > 0 ? <Searches searches={searches} /> : null
}

/** The parts of a type that follow each other from `index` on, if that is the first of them. */
function beginning<Type extends PartType>(
  parts: readonly Part[],
  { index, type }: { index: number; type: Type },
): (Part & { type: Type })[] {
  if (parts[index - 1]?.type === type) return []
  const end = parts.findIndex((part, place) => place > index && part.type !== type)
  return parts.slice(index, end === -1 ? undefined : end) as (Part & { type: Type })[]
}

interface ReplyPartProps {
  part: Part
  isGrowing: boolean
  /** Of reasoning: milliseconds; `null` when nobody knows. */
  took: number | null
}

function ReplyPart({ part, isGrowing, took }: ReplyPartProps) {
  switch (part.type) {
    case 'text':
    case 'refusal':
      if (part.text === '') return null
      return (
        <div {...{ [REPLY_TEXT]: '' }}>
          <Markdown text={part.text} isStreaming={isGrowing} />
        </div>
      )
    case 'reasoning':
      return part.text === '' ? null : <Reasoning text={part.text} isGrowing={isGrowing} took={took} />
    case 'break':
      return <BreakNote {...part} />
    case 'source':
    case 'suggestions':
    case 'tool':
    case 'search':
      // `Parts` draws them.
      return null
    case 'image':
    case 'document':
      return <StoredFileView file={part} />
    case 'file':
      // No provider writes such a block.
      return null
    default:
      part satisfies never
      return null
  }
}

/** Returns the same array while the sources are equal, so that they are not drawn again. */
function useSources(parts: readonly Part[]): readonly Source[] {
  const found = parts.filter(part => part.type === 'source')
  const key = JSON.stringify(found)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all there is in the list
  return useMemo(() => found, [key])
}

interface ReasoningProps {
  text: string
  isGrowing: boolean
  /** Milliseconds; `null` when nobody knows. */
  took: number | null
}

/** How the model came to its answer, folded. It is drawn once somebody unfolds or prints it. */
function Reasoning({ text, isGrowing, took }: ReasoningProps) {
  const t = useTranslations()
  const [isOpen, setOpen] = useState(false)
  const isPrinting = usePrinting()
  const seconds = Math.round((took ?? 0) / 1000)
  const ended = seconds === 0 ? t('message.reasoning') : t('message.reasoningFor', { seconds })
  return (
    <details
      className="rounded-lg border border-line text-muted text-sm"
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <Summary className="select-none rounded-lg px-3 py-2 pointer-coarse:py-3">
        {isGrowing ? t('message.reasoningNow') : ended}
      </Summary>
      {(isOpen || isPrinting) && (
        <div className="px-3 pb-2">
          <Markdown text={text} isStreaming={isGrowing} />
        </div>
      )}
    </details>
  )
}

/** Where the reply broke off once, and was taken up again. */
function BreakNote({ code }: Break) {
  const t = useTranslations()
  return (
    <p className="border-line border-l-3 pl-3 text-muted text-sm">
      {code ? t(`errors.${code}`) : t('message.stopped')} {t('message.continued')}
    </p>
  )
}

function Sources({ sources }: { sources: readonly Source[] }) {
  const t = useTranslations()
  return (
    <div className="text-sm">
      <h3 className="font-medium text-muted">{t('message.sources')}</h3>
      <ol className="mt-1 list-decimal space-y-1 pl-5">
        {sources.map((source, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: sources are only ever appended
          <li key={index}>
            <SourceLink
              source={source}
              className="inline-block max-w-full break-words text-accent underline underline-offset-2 pointer-coarse:py-3"
            >
              {sourceText(source)}
            </SourceLink>
          </li>
        ))}
      </ol>
    </div>
  )
}
