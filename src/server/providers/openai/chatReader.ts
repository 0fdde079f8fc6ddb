import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { type Failure, reportedFailure, truncated } from './failure.ts'
import {
  createSection,
  createSources,
  type Push,
  pushUsage,
  type Reading,
  type ReplyReader,
} from './replyReader.ts'

/** A chunk as compatible servers send it. Fields may be missing, and some fields are not OpenAI's. */
type Chunk = Partial<Omit<ChatCompletionChunk, 'object' | 'choices'>> & {
  object?: string
  error?: unknown
  choices?: { delta?: Delta; finish_reason?: string | null }[]
}
type Delta = Partial<ChatCompletionChunk.Choice.Delta> & {
  reasoning_content?: string | null
  reasoning?: string | null
  annotations?: { type?: string; url_citation?: { url?: string; title?: string } }[] | null
}

/** Reads a stream of Chat Completions. A finish reason completes the reply, and so does `[DONE]` after some text. */
export function createChatReader(push: Push): ReplyReader {
  let started = false
  let finish: string | undefined
  let usage: Chunk['usage']
  const write: Push = chunk => {
    started = true
    push(chunk)
  }
  const text = createSection('text-delta', write)
  const refusal = createSection('refusal-delta', write)
  const reasoning = createSection('reasoning-delta', write)
  const sources = createSources(write)

  function read(data: string): Reading {
    if (data === '') return 'nothing'
    if (data === '[DONE]') return conclude(started)
    const chunk = JSON.parse(data) as Chunk
    if (chunk.error || chunk.object === 'error') return reportedFailure(chunk)
    if (chunk.usage) usage = chunk.usage
    const choice = chunk.choices?.[0]
    if (choice?.delta) take(choice.delta)
    if (choice?.finish_reason) finish = choice.finish_reason
    return finish ? 'closing' : 'progress'
  }

  function take(delta: Delta): void {
    reasoning.write(delta.reasoning_content ?? delta.reasoning)
    text.write(delta.content)
    refusal.write(delta.refusal)
    if (!delta.annotations) return
    for (const { url_citation: citation } of delta.annotations)
      if (citation?.url) sources.add(citation.url, citation.title)
  }

  function conclude(whole: boolean): 'complete' | Failure {
    pushUsage(push, {
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
      cached: usage?.prompt_tokens_details?.cached_tokens,
      reasoning: usage?.completion_tokens_details?.reasoning_tokens,
    })
    return finish ? outcomeOf(finish) : whole ? 'complete' : truncated()
  }

  return { read, end: () => conclude(false) }
}

function outcomeOf(finish: string): 'complete' | Failure {
  const message = `finish reason: ${finish}`
  if (finish === 'length') return { code: 'OUTPUT_LIMIT', message, repeatable: false }
  if (finish === 'content_filter') return { code: 'CONTENT_FILTERED', message, repeatable: false }
  if (finish === 'error') return { code: 'UPSTREAM_ERROR', message, repeatable: true }
  return 'complete'
}
