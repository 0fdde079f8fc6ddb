import type { ResponseStreamEvent, ResponseUsage } from 'openai/resources/responses/responses'
import { type Failure, reportedFailure, truncated } from './failure.ts'
import { createSection, createSources, type Push, type Reading, type ReplyReader } from './reader.ts'

/** What comes besides the events of the package: keepalives, events newer than it, errors without a type. */
type Event = ResponseStreamEvent | { type: 'keepalive' } | { type?: undefined; error?: unknown }

/** Reads a stream of the Responses API. */
export function createResponsesReader(push: Push): ReplyReader {
  const text = createSection('text', push)
  const refusal = createSection('refusal', push)
  const reasoning = createSection('reasoning', push)
  const sources = createSources(push)

  function read(data: string): Reading {
    if (data === '' || data === '[DONE]') return 'nothing'
    const event = JSON.parse(data) as Event
    switch (event.type) {
      case 'response.output_text.delta':
        text.write(event.delta)
        return 'progress'
      case 'response.refusal.delta':
        refusal.write(event.delta)
        return 'progress'
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        reasoning.write(event.delta)
        return 'progress'
      case 'response.output_text.annotation.added':
        cite(event.annotation)
        return 'progress'
      case 'response.output_item.added':
        if (event.item.type === 'message') text.separate()
        if (event.item.type === 'reasoning') reasoning.separate()
        return 'progress'
      case 'response.reasoning_summary_part.added':
        reasoning.separate()
        return 'progress'
      case 'response.completed':
        count(event.response.usage)
        return 'complete'
      case 'response.incomplete':
        count(event.response.usage)
        return incomplete(event.response.incomplete_details?.reason)
      case 'response.failed':
        count(event.response.usage)
        return reportedFailure(event.response.error)
      case 'error':
        return reportedFailure(event)
      case 'keepalive':
        return 'nothing'
      case undefined:
        return event.error ? reportedFailure(event) : 'nothing'
      default:
        return 'progress'
    }
  }

  function cite(annotation: unknown): void {
    const { type, url, title } = annotation as { type?: string; url?: string; title?: string }
    if (type === 'url_citation' && url) sources.add(url, title)
  }

  function count(usage: ResponseUsage | null | undefined): void {
    if (!usage) return
    const cachedTokens = usage.input_tokens_details?.cached_tokens
    const reasoningTokens = usage.output_tokens_details?.reasoning_tokens
    push({
      type: 'usage',
      usage: {
        inputTokens: usage.input_tokens,
        outputTokens: usage.output_tokens,
        ...(cachedTokens !== undefined && { cachedTokens }),
        ...(reasoningTokens !== undefined && { reasoningTokens }),
      },
    })
  }

  return { read, end: () => truncated() }
}

function incomplete(reason: string | undefined): Failure {
  const code = reason === 'content_filter' ? 'CONTENT_FILTERED' : 'OUTPUT_LIMIT'
  return { code, message: `incomplete: ${reason}`, repeatable: false }
}
