import { looseText } from '../../../protocol/looseText.ts'
import { type CallReader, createCallReader } from './callReader.ts'
import { type ChatPictures, createChatPictures } from './chatPictures.ts'
import { type Failure, reportedFailure, truncated } from './failure.ts'
import { readChatDeltas } from './plainDeltas.ts'
import {
  createSources,
  createTextWriter,
  fieldsOf,
  type Push,
  pushUsage,
  type Reading,
  type ReplyReader,
  type TextWriter,
} from './replyReader.ts'

/** The fields of a chunk that are read, and of a whole completion. Servers send anything in them. */
interface Chunk {
  object: unknown
  error: unknown
  choices: unknown
  usage: unknown
}
interface Choice {
  delta: unknown
  message: unknown
  /** Of the older completions. */
  text: unknown
  finish_reason: unknown
}
interface Delta {
  content: unknown
  refusal: unknown
  reasoning_content: unknown
  reasoning: unknown
  annotations: unknown
  tool_calls: unknown
  images: unknown
}
interface Counts {
  prompt_tokens: unknown
  completion_tokens: unknown
  prompt_tokens_details: unknown
  completion_tokens_details: unknown
}

/**
 * Reads a stream of Chat Completions. After a finish reason the reply may be whole, and text that still comes belongs to
 * it, because some servers send a finish reason with every chunk. `[DONE]` after some text completes it too.
 */
export function createChatReader(push: Push): ReplyReader {
  let started = false
  let finish: string | undefined
  let usage: unknown
  const write: Push = chunk => {
    started = true
    push(chunk)
  }
  const texts = createTextWriter(write)
  const sources = createSources(write)
  const calls = createCallReader(write)
  const pictures = createChatPictures(write)
  let thought = ''
  let hasCalls = false

  function read(data: string): Reading {
    if (data === '') return 'nothing'
    if (data === '[DONE]') return conclude(started)
    const chunk: unknown = JSON.parse(data)
    const { error, object } = fieldsOf<Chunk>(chunk)
    if (error || object === 'error') return reportedFailure(chunk)
    return takeChunk(chunk)
  }

  function takeChunk(chunk: unknown): Reading {
    const { choices, usage: counts } = fieldsOf<Chunk>(chunk)
    if (counts) usage = counts
    const choice = fieldsOf<Choice>(Array.isArray(choices) ? choices[0] : undefined)
    const wasFinished = finish !== undefined
    const delta = choice.delta ?? choice.message ?? { content: choice.text }
    const hasNews = takeDelta({ texts, sources, calls, pictures }, delta)
    const { tool_calls, reasoning_content } = fieldsOf<Delta>(delta)
    hasCalls ||= Array.isArray(tool_calls) && tool_calls.length > 0
    if (typeof reasoning_content === 'string') thought += reasoning_content
    if (typeof choice.finish_reason === 'string' && choice.finish_reason) finish = choice.finish_reason
    if (finish === undefined) return 'progress'
    return hasNews || !wasFinished ? 'closing' : 'nothing'
  }

  function conclude(whole: boolean): 'complete' | Failure {
    texts.end()
    calls.end()
    // Some models refuse what their tools answer without the thought that led to the calls.
    if (hasCalls && thought !== '')
      push({ type: 'kept', item: { of: '', item: { reasoning_content: thought } } })
    const counts = fieldsOf<Counts>(usage)
    pushUsage(push, {
      input: counts.prompt_tokens,
      output: counts.completion_tokens,
      cached: fieldsOf<{ cached_tokens: unknown }>(counts.prompt_tokens_details).cached_tokens,
      reasoning: fieldsOf<{ reasoning_tokens: unknown }>(counts.completion_tokens_details).reasoning_tokens,
    })
    return finish ? outcomeOf(finish) : whole ? 'complete' : truncated()
  }

  return {
    read,
    // After a finish reason, `read` says of more text that the reply is closing.
    readDeltas: text =>
      finish === undefined ? readChatDeltas(text, delta => texts.write('text', delta)) : 0,
    readWhole(reply) {
      const { choices, error, object } = fieldsOf<Chunk>(reply)
      if (error || object === 'error' || !Array.isArray(choices)) return reportedFailure(reply)
      takeChunk(reply)
      return conclude(true)
    },
    end: () => conclude(false),
  }
}

function outcomeOf(finish: string): 'complete' | Failure {
  const message = `finish reason: ${finish}`
  if (finish === 'length') return { code: 'OUTPUT_LIMIT', message, repeatable: false }
  if (finish === 'content_filter') return { code: 'CONTENT_FILTERED', message, repeatable: false }
  if (finish === 'error') return { code: 'UPSTREAM_ERROR', message, repeatable: true }
  return 'complete'
}

interface Output {
  texts: TextWriter
  sources: ReturnType<typeof createSources>
  calls: CallReader
  pictures: ChatPictures
}

/** Writes a delta. Returns whether there was anything in it. */
function takeDelta({ texts, sources, calls, pictures }: Output, value: unknown): boolean {
  const { content, refusal, reasoning_content, reasoning, annotations, tool_calls, images } =
    fieldsOf<Delta>(value)
  texts.write('reasoning', looseText(reasoning_content) || reasoning)
  texts.write('text', content)
  texts.write('refusal', refusal)
  if (Array.isArray(annotations)) {
    for (const annotation of annotations) {
      const { url_citation } = fieldsOf<{ url_citation: unknown }>(annotation)
      const { url, title } = fieldsOf<{ url: unknown; title: unknown }>(url_citation)
      sources.add(url, title)
    }
  }
  const hasPictures = pictures.take(images)
  const hasCalls = calls.take(tool_calls)
  return Boolean(content || refusal || reasoning_content || reasoning || hasPictures || hasCalls)
}
