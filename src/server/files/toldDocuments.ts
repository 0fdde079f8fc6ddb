import { textsOf } from '../database/files/passages.ts'
import type { Queries } from '../database/schema.ts'
import type { ProviderMessage, ProviderPart } from '../generation/provider.ts'

/**
 * Gives each document of a history its text. The newest come first: once `maxLength` UTF-16 units are used up, older ones are only
 * named.
 */
export async function withDocumentTexts(
  queries: Queries,
  history: readonly ProviderMessage[],
  { ownerId, maxLength }: { ownerId: string; maxLength: number },
): Promise<ProviderMessage[]> {
  const ids = history.flatMap(({ parts }) =>
    parts.flatMap(part => (part.type === 'document' ? part.fileId : [])),
  )
  if (ids.length === 0) return [...history]
  const texts = await textsOf(queries, { ids: [...new Set(ids)], ownerId })
  let left = maxLength
  const told = (part: ProviderPart): ProviderPart => {
    const text = part.type === 'document' ? texts.get(part.fileId) : undefined
    if (part.type !== 'document' || text === undefined || text.length > left) return part
    left -= text.length
    return { ...part, text }
  }
  const newestFirst = history
    .toReversed()
    .map(message => ({ ...message, parts: message.parts.toReversed().map(told).toReversed() }))
  return newestFirst.toReversed()
}
