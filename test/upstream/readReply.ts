import { RiachoError } from '../../src/protocol/errors.ts'
import { EVENTS, type Usage } from '../../src/protocol/events.ts'
import type { Source, ToldDocument } from '../../src/protocol/parts.ts'
import type { SearchEnd } from '../../src/protocol/searches.ts'
import { type ChunkSource, forEachChunk, type ProviderChunk } from '../../src/server/generation/provider.ts'

/** Never aborts. */
const NEVER = new AbortController().signal

export interface ReadReply {
  text: string
  refusal: string
  reasoning: string
  sources: Source[]
  /** Absent if there are none. */
  suggestions?: string[]
  /** Absent if there are none. */
  calls?: { name: string; id?: string; arguments: string }[]
  /** Previews and pictures, as Base64. Absent if there are none. */
  pictures?: { data: string[]; description?: string }[]
  /** What was told of each search, and by which chunks. Absent if there are none. */
  searches?: Record<string, Partial<SearchEnd> & { told: string[] }>
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
export async function readReply(chunks: ChunkSource<ProviderChunk>): Promise<ReadReply> {
  const reply: ReadReply = { text: '', refusal: '', reasoning: '', sources: [] }
  try {
    await forEachChunk(chunks, NEVER, chunk => {
      if (chunk.type === 'usage') reply.usage = chunk.usage
      else if (chunk.type === 'checkpoint') reply.checkpoint = chunk.checkpoint
      else if (chunk.type === 'answered') return
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
      } else if (chunk.type === 'picture-start') {
        reply.pictures ??= []
        reply.pictures[chunk.picture] = { data: [] }
      } else if (chunk.type === 'picture-data') {
        const { data, description } = chunk
        const picture = reply.pictures?.[chunk.picture]
        picture?.data.push(data)
        if (picture && description) picture.description = description
      } else if (chunk.type === 'search-start' || chunk.type === 'search-end') {
        const { type, searchId, ...words } = chunk
        const told = [...(reply.searches?.[searchId]?.told ?? []), type]
        reply.searches = { ...reply.searches, [searchId]: { ...words, told } }
      } else reply[EVENTS[chunk.type].part] += chunk.content
    })
  } catch (error) {
    if (!(error instanceof RiachoError)) throw error
    reply.error = error
  }
  return reply
}
