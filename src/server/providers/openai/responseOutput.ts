import { EVENTS, isDelta } from '../../../protocol/events.ts'
import type { TextKind } from '../../../protocol/looseText.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { type Failure, reportedFailure, truncated } from './failure.ts'
import { createItemCalls, type ItemCalls } from './itemCalls.ts'
import { createItemPictures, type ItemPictures, isOfPicture } from './itemPictures.ts'
import { createItemSearches, type ItemSearches, isOfSearch, type KnownSearches } from './itemSearches.ts'
import {
  createSources,
  createTextWriter,
  fieldsOf,
  type Push,
  pushUsage,
  type SectionState,
  type TextWriter,
} from './replyReader.ts'
import { forEachPart, type StoredResponse } from './storedResponse.ts'

const KINDS = ['text', 'refusal', 'reasoning'] as const

/** The texts that were given of a reply. */
export type Written = Record<TextKind, string>

/** What earlier readers of the same reply have pushed. The reader adds what it writes. */
export interface ReadingState {
  text: SectionState
  reasoning: SectionState
  /** URLs of the sources. */
  sources: Set<string>
  searches: KnownSearches
  written: Written
  /** Whether there was an earlier reader. It has seen the beginning of the text. */
  isResumed: boolean
}

/** The places that a reply is written to. */
export interface Reply {
  push: Push
  texts: TextWriter
  sources: ReturnType<typeof createSources>
  calls: ItemCalls
  searches: ItemSearches
  pictures: ItemPictures
  written: Written
  /** Whether deltas brought the block of each kind that is being written. */
  brought: Record<TextKind, boolean>
  /** Whether an event brought some of the item that is being written. */
  hasItem: boolean
}

export function createReply(push: Push, state?: ReadingState): Reply {
  const written = state?.written ?? { text: '', refusal: '', reasoning: '' }
  const give: Push = chunk => {
    if (isDelta(chunk)) written[EVENTS[chunk.type].part] += chunk.content
    push(chunk)
  }
  const isWriting = (section?: SectionState) => section?.started === true && !section.gap
  return {
    push: give,
    texts: createTextWriter(give, state?.isResumed ? state : undefined),
    sources: createSources(give, state?.sources),
    calls: createItemCalls(push),
    searches: createItemSearches(push, state?.searches),
    pictures: createItemPictures(push),
    written,
    brought: {
      text: isWriting(state?.text),
      refusal: written.refusal !== '',
      reasoning: isWriting(state?.reasoning),
    },
    hasItem: state?.isResumed ?? false,
  }
}

/** Writes all that is in a response. */
export function takeOutput(reply: Reply, response: StoredResponse): void {
  const { texts } = reply
  forEachPart(response, {
    item: type => beginItem(reply, type),
    summary(part) {
      texts.reasoning.separate()
      texts.write('reasoning', part)
    },
    reasoning: part => texts.write('reasoning', part),
    text: part => texts.write('text', part),
    refusal: part => texts.write('refusal', part),
    annotation: annotation => cite(reply, annotation),
    other(item) {
      reply.calls.end(item)
      reply.searches.end(item)
      reply.pictures.end(item)
    },
  })
}

export function beginItem(reply: Reply, type: unknown): void {
  const { texts, brought } = reply
  reply.hasItem = false
  if (type === 'message') {
    texts.text.separate()
    brought.text = false
  }
  if (type === 'reasoning') {
    texts.reasoning.separate()
    brought.reasoning = false
  }
}

export function cite({ sources }: Reply, annotation: unknown): void {
  const { type, url, title } = fieldsOf<{ type: unknown; url: unknown; title: unknown }>(annotation)
  if (type === 'url_citation') sources.add(url, title)
}

/** Writes each kind of text that `response` has and no delta brought. A thought that comes after its answer is left out. */
export function writeMissing(reply: Reply, response: StoredResponse): void {
  const { push, written, sources, calls, searches, pictures } = reply
  const { text, refusal, reasoning } = written
  const known = (isWritten: boolean) => (isWritten ? Number.POSITIVE_INFINITY : 0)
  const missing = chunksAfter(outputOf(response).chunks, {
    text: known(text !== ''),
    refusal: known(refusal !== ''),
    reasoning: known(text !== '' || refusal !== '' || reasoning !== ''),
  })
  for (const chunk of missing) {
    if (chunk.type === 'source-add') sources.add(chunk.url, chunk.title)
    else if (isOfSearch(chunk)) searches.add(chunk)
    else if (isOfPicture(chunk)) pictures.add(chunk)
    else if (isDelta(chunk) || !calls.hasTold) push(chunk)
  }
}

/** Writes an item that no event brought. Another item's events may have come in between. */
export function takeMissingItem(reply: Reply, item: unknown): void {
  const output = [item]
  const { texts } = outputOf({ output })
  const isWritten = KINDS.some(kind => texts[kind] !== '' && reply.written[kind].includes(texts[kind]))
  if (!isWritten) takeOutput(reply, { output })
}

function lengthWithin(written: string, whole: string): number {
  return whole.startsWith(written) ? written.length : Number.POSITIVE_INFINITY
}

function outputOf(response: StoredResponse): { chunks: ProviderChunk[]; texts: Written } {
  const chunks: ProviderChunk[] = []
  const reply = createReply(chunk => chunks.push(chunk))
  takeOutput(reply, response)
  reply.texts.end()
  return { chunks, texts: reply.written }
}

/** The chunks after the first `known` characters of each kind. */
function* chunksAfter(chunks: readonly ProviderChunk[], known: Record<TextKind, number>) {
  for (const chunk of chunks) {
    if (!isDelta(chunk)) yield chunk
    else {
      const { part } = EVENTS[chunk.type]
      const content = chunk.content.slice(known[part])
      known[part] -= chunk.content.length - content.length
      if (content) yield { type: chunk.type, content }
    }
  }
}

/**
 * Pushes what `response` has beyond what an earlier reader gave. If the text of a complete response begins otherwise, the
 * reply fails, because the two cannot be joined. If its reasoning begins otherwise, the written reasoning stays.
 */
export function giveRest(
  push: Push,
  response: StoredResponse,
  { written, sources, searches: told }: ReadingState,
): 'complete' | Failure {
  const { chunks, texts } = outputOf(response)
  const ending: ProviderChunk[] = []
  const outcome = endOf({ push: chunk => ending.push(chunk) }, response.status, response)
  const known = { text: 0, refusal: 0, reasoning: 0 }
  for (const kind of KINDS) {
    known[kind] = lengthWithin(written[kind], texts[kind])
    if (known[kind] === Number.POSITIVE_INFINITY && kind !== 'reasoning' && outcome === 'complete')
      return differs(kind)
  }
  const cited = createSources(push, sources)
  const searches = createItemSearches(push, told)
  for (const chunk of [...chunksAfter(chunks, known), ...ending]) {
    if (chunk.type === 'source-add') cited.add(chunk.url, chunk.title)
    else if (isOfSearch(chunk)) searches.add(chunk)
    else push(chunk)
  }
  return outcome
}

function differs(kind: TextKind): Failure {
  return { code: 'UPSTREAM_ERROR', message: `the stored ${kind} is another one`, repeatable: false }
}

interface Usage {
  input_tokens: unknown
  output_tokens: unknown
  input_tokens_details: unknown
  output_tokens_details: unknown
}

/** How a response with this status ends. Pushes its usage. */
export function endOf(
  { push }: Pick<Reply, 'push'>,
  status: unknown,
  response: StoredResponse,
): 'complete' | Failure {
  const usage = fieldsOf<Usage>(response.usage)
  pushUsage(push, {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cached: fieldsOf<{ cached_tokens: unknown }>(usage.input_tokens_details).cached_tokens,
    reasoning: fieldsOf<{ reasoning_tokens: unknown }>(usage.output_tokens_details).reasoning_tokens,
  })
  if (status === 'completed') return 'complete'
  if (status === 'incomplete') {
    return incomplete(fieldsOf<{ reason: unknown }>(response.incomplete_details).reason)
  }
  if (status === 'failed') return reportedFailure(response.error)
  return { ...truncated(), message: `the response is ${JSON.stringify(status)}`, repeatable: false }
}

function incomplete(reason: unknown): Failure {
  const code = reason === 'content_filter' ? 'CONTENT_FILTERED' : 'OUTPUT_LIMIT'
  return { code, message: `incomplete: ${JSON.stringify(reason)}`, repeatable: false }
}
