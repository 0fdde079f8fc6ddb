import type { Readable } from 'node:stream'

/**
 * Whether a file may have conversations. A system keeps other things beside them: macOS puts `__MACOSX/._name` into each
 * zip for the file `name`.
 */
export function isJsonFile(path: string): boolean {
  const names = path.split(/[\\/]/)
  return path.endsWith('.json') && !names.some(name => name === '__MACOSX' || name.startsWith('.'))
}

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
