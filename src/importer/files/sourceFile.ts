import type { Readable } from 'node:stream'

/** A JSON file of an export. It can be opened more than once. */
export interface SourceFile {
  readonly name: string
  readonly bytes: number
  open(): Promise<Readable>
}

/** The files of an export: a zip, a folder, or one JSON file. */
export interface SourceFiles {
  readonly files: readonly SourceFile[]
  /** How many files are not JSON, such as pictures. */
  readonly others: number
  close(): void
}
