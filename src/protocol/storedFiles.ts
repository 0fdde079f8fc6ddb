import type { Made } from './madeFiles.ts'

/** A file that is stored, and that a message names. */
interface NamedFile {
  fileId: string
  name: string
  /** What its bytes are. */
  mediaType: string
  /** In bytes. */
  size: number
}

export interface ImageFile extends NamedFile, Made {
  /** In pixels. 0: nothing is stored of it. */
  width: number
  height: number
}

/** Any file that is no picture. */
export interface DocumentFile extends NamedFile {
  /** Of a PDF. */
  pages?: number
  /** About how much its text is to a model. */
  tokens?: number
  /** How a model gets it. It is decided when the message is sent. */
  givenAs?: GivenAs
}

/**
 * - **text**: its whole text stands in the request.
 * - **search**: it is too long for that, and the model searches it.
 * - **file**: the provider gets the file itself.
 */
export type GivenAs = 'text' | 'search' | 'file'

/** How a model got a document, if it was otherwise than its part says. */
export interface ToldDocument {
  fileId: string
  /** `none`: the model got its name alone. */
  givenAs: GivenAs | 'none'
}

export type StoredFile = ({ type: 'image' } & ImageFile) | ({ type: 'document' } & DocumentFile)
