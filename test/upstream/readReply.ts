import { RiachoError } from '../../src/protocol/errors.ts'
import { EVENTS, type Usage } from '../../src/protocol/events.ts'
import type { Source, ToldDocument } from '../../src/protocol/parts.ts'
import type { ProviderChunk } from '../../src/server/generation/provider.ts'

export interface ReadReply {
  text: string
  refusal: string
  reasoning: string
  sources: Source[]
  /** Absent if there are none. */
  suggestions?: string[]
  /** Absent if there are none. */
  calls?: { name: string; id?: string; arguments: string }[]
  /** Documents that the model got otherwise than their parts say. Absent if there are none. */
  told?: readonly ToldDocument[]
  /** What the provider wants back. Absent if there is none. */
  kept?: unknown[]
  usage?: Usage
  /** The last checkpoint. */
  checkpoint?: string
  /** The error that ended it. Absent if it ended normally. */
  error?: RiachoError
}

/** Reads the reply of a provider to its end, however it ends. Rethrows anything except a `RiachoError`. */
export async function readReply(chunks: AsyncIterable<ProviderChunk>): Promise<ReadReply> {
  const reply: ReadReply = { text: '', refusal: '', reasoning: '', sources: [] }
  try {
    for await (const chunk of chunks) {
      if (chunk.type === 'usage') reply.usage = chunk.usage
      else if (chunk.type === 'checkpoint') reply.checkpoint = chunk.checkpoint
      else if (chunk.type === 'answered') continue
      else if (chunk.type === 'told') reply.told = chunk.documents
      else if (chunk.type === 'source-add') reply.sources.push({ url: chunk.url, title: chunk.title })
      else if (chunk.type === 'suggestions-add')
        reply.suggestions = [...(reply.suggestions ?? []), ...chunk.questions]
      else if (chunk.type === 'kept') reply.kept = [...(reply.kept ?? []), chunk.item.item]
      else if (chunk.type === 'call-start') {
        const { name, id } = chunk
        reply.calls ??= []
        reply.calls[chunk.call] = { name, ...(id !== undefined && { id }), arguments: '' }
      } else if (chunk.type === 'call-delta') {
        const call = reply.calls?.[chunk.call]
        if (call) call.arguments += chunk.content
      } else reply[EVENTS[chunk.type].part] += chunk.content
    }
  } catch (error) {
    if (!(error instanceof RiachoError)) throw error
    reply.error = error
  }
  return reply
}
