import type { Drop, ImportedConversation } from '../server/importing/importedConversation.ts'

/** A conversation, and what was dropped while it was read. */
export interface ReadConversation {
  conversation: ImportedConversation
  dropped: string[]
}

/** Where conversations come from. It can be read more than once, and holds one conversation in memory. */
export interface ImportSource {
  /** The kind of the source. It is stored with each conversation, so that none is imported twice. */
  readonly name: string
  /** The model of replies that name none. */
  readonly defaultModel: string
  /** How much there is to read, in the unit that `onRead` is told. 0 if it is not known. */
  readonly size: number
  /** `drop` learns what belongs to no conversation. Throws `ImportProblem` if nothing can be imported. */
  conversations(options: { drop: Drop; onRead: (size: number) => void }): AsyncIterable<ReadConversation>
  close(): Promise<void>
}
