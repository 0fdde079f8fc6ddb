import type { Locale } from '../../protocol/locale.ts'
import type { Part } from '../../protocol/parts.ts'
import type { Assistant } from '../config/assistant.ts'
import type { ConversationRow } from '../database/schema.ts'
import type { FileReader } from '../generation/fileReader.ts'
import type { ProviderMessage, ProviderRequest } from '../generation/provider.ts'

export interface RequestParts {
  assistant: Assistant
  history: readonly ProviderMessage[]
  /** A reply that broke off, with the break as the last of its parts. */
  partial?: readonly Part[] | undefined
  conversation: Pick<ConversationRow, 'owner_id' | 'temporary'>
  locale: Locale
  /** Absent where there is no place for files. */
  files?: FileReader | undefined
}

/** What a run asks the provider of an assistant. */
export function requestOf({
  assistant,
  history,
  partial = [],
  conversation,
  locale,
  files,
}: RequestParts): ProviderRequest {
  const { model, choices, instructions, temperature, effort, search } = assistant
  return {
    ...{ model, choices, instructions, search, partial, history, locale },
    ...(temperature !== undefined && { temperature }),
    ...(effort !== undefined && { effort }),
    keepsNothing: conversation.temporary === 1,
    ...(files && assistant.pictures && { pictures: true }),
    ...(files && { readFile: (fileId: string) => files.read(fileId, conversation.owner_id) }),
  }
}

/** The assistant with this id, or the first one if it is gone. */
export function assistantOf(assistants: readonly Assistant[], id: string): Assistant {
  const assistant = assistants.find(each => each.id === id) ?? assistants[0]
  if (!assistant) throw new Error('no assistant')
  return assistant
}
