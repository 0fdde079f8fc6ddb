import type { KeepFailure } from '../../protocol/madeFiles.ts'
import type { StoredFile } from '../../protocol/parts.ts'

/** Something that a model or a tool made. */
export interface MadeFile {
  fileId: string
  ownerId: string
  /** Without an ending for the kind of its bytes, which is found out. */
  name: string
  bytes: Uint8Array
  /** Earlier bytes of the same file go. */
  replaces?: boolean
  /** Whatever else it turns out to be, it is refused. */
  mustBeImage?: boolean
}

export type Kept = { file: StoredFile } | { code: KeepFailure }

/** Stores what models and tools make. */
export interface FileKeeper {
  createId(): string
  /** The most bytes that it takes of one file. */
  readonly mostBytes: number
  /**
   * Stores a file for its owner. It goes after a day, unless a message has it by then. Never rejects: what is in the way is the
   * answer.
   */
  keep(made: MadeFile): Promise<Kept>
}
