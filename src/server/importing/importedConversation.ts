import type { ConversationStatus } from '../../protocol/responses.ts'

/** What an imported message may consist of. The other types of parts come from runs. */
export type ImportedPart =
  | { type: 'text' | 'refusal' | 'reasoning'; text: string }
  | { type: 'source'; url: string; title: string }
  | { type: 'file'; name: string; text: string }

/** A message as another program kept it. Ids are those of that program. */
export interface ImportedMessage {
  id: string
  /** `null` if it begins the conversation. */
  parentId: string | null
  /** `null`: the message itself is not imported, and what follows it comes below its parent. */
  role: 'USER' | 'ASSISTANT' | null
  parts: ImportedPart[]
  /** Milliseconds since 1970. `null` if it is not known. */
  createdAt: number | null
  /** The model that wrote it. `null` if it is not known. */
  model: string | null
}

/** A conversation as another program kept it. */
export interface ImportedConversation {
  id: string
  title: string
  status: ConversationStatus
  archived: boolean
  pinned: boolean
  createdAt: number | null
  updatedAt: number | null
  /** The last message of the branch that was open. `null`: the newest one. */
  headId: string | null
  /** Of a thread at OpenAI. */
  threadId: string | null
  /** The person there. `null` if the format names nobody. */
  person: string | null
  /** In the order of the source. */
  messages: ImportedMessage[]
}

/** Records that something is not imported, or is changed on the way, and why. */
export type Drop = (reason: string) => void
