import { RiachoError } from '../../src/protocol/errors.ts'
import type { Source, Usage } from '../../src/protocol/events.ts'
import type { ProviderChunk } from '../../src/server/generation/provider.ts'

export interface ReadReply {
  text: string
  refusal: string
  reasoning: string
  sources: Source[]
  usage?: Usage
  /** The last one. */
  checkpoint?: string
  /** What ended it, when it did not end normally. */
  error?: RiachoError
}

/** Reads a provider's reply to its end, whatever that is. Rethrows anything but a `RiachoError`. */
export async function readReply(chunks: AsyncIterable<ProviderChunk>): Promise<ReadReply> {
  const reply: ReadReply = { text: '', refusal: '', reasoning: '', sources: [] }
  try {
    for await (const chunk of chunks) {
      if (chunk.type === 'usage') reply.usage = chunk.usage
      else if (chunk.type === 'checkpoint') reply.checkpoint = chunk.checkpoint
      else if (chunk.type === 'source') reply.sources.push({ url: chunk.url, title: chunk.title })
      else reply[chunk.type] += chunk.text
    }
  } catch (error) {
    if (!(error instanceof RiachoError)) throw error
    reply.error = error
  }
  return reply
}
