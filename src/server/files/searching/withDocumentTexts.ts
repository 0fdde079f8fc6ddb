import { textsOf } from '../../database/files/passages.ts'
import type { Queries } from '../../database/schema.ts'
import type { DocumentPart } from '../../generation/documents.ts'
import type { ProviderMessage, ProviderPart } from '../../generation/provider.ts'

export interface TextsOptions {
  ownerId: string
  /** The most tokens of a text that goes whole. */
  mostTokens: number
  /** The most text of all documents, in UTF-16 units. */
  maxLength: number
}

/**
 * Gives documents of a history their texts: those that their parts say go whole, and those that go as files, should the provider
 * take none. The newest come first: once `maxLength` is used up, the model searches older ones.
 */
export async function withDocumentTexts(
  queries: Queries,
  history: readonly ProviderMessage[],
  { ownerId, mostTokens, maxLength }: TextsOptions,
): Promise<ProviderMessage[]> {
  const isWhole = ({ givenAs, tokens = 0 }: DocumentPart) =>
    givenAs === 'text' || (givenAs !== 'search' && tokens <= mostTokens)
  const ids = history.flatMap(({ parts }) =>
    parts.flatMap(part => (part.type === 'document' && isWhole(part) ? part.fileId : [])),
  )
  if (ids.length === 0) return [...history]
  const texts = await textsOf(queries, { ids: [...new Set(ids)], ownerId })
  let left = maxLength
  const told = (part: ProviderPart): ProviderPart => {
    const text = part.type === 'document' && isWhole(part) ? texts.get(part.fileId) : undefined
    if (part.type !== 'document' || text === undefined || text.length > left) return part
    left -= text.length
    return { ...part, text }
  }
  const newestFirst = history
    .toReversed()
    .map(message => ({ ...message, parts: message.parts.toReversed().map(told).toReversed() }))
  return newestFirst.toReversed()
}
