import { type Attachment, type GivenAs, isStoredFile } from '../../../protocol/parts.ts'

/** The most of a PDF that goes to providers as a file, in bytes. */
const MOST_FILE_BYTES = 10_000_000

export interface GivingOptions {
  /** The most tokens of documents whose whole text goes with one message. */
  mostTokens: number
  /** Whether the assistant gives PDFs to the provider as files. */
  asFiles: boolean
}

/** Says of each document of a message how the model gets it. The texts that come first go whole, as many as fit. */
export function decideGivenAs(
  attachments: readonly Attachment[],
  { mostTokens, asFiles }: GivingOptions,
): Attachment[] {
  let left = mostTokens
  const give = (mediaType: string, size: number, tokens: number): GivenAs => {
    if (asFiles && mediaType === 'application/pdf' && size <= MOST_FILE_BYTES) return 'file'
    if (tokens > left) return 'search'
    left -= tokens
    return 'text'
  }
  return attachments.map(each => {
    if (!isStoredFile(each) || each.type !== 'document') return each
    return { ...each, givenAs: give(each.mediaType, each.size, each.tokens ?? 0) }
  })
}
