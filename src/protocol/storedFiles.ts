import { looseText } from './looseText.ts'
import { type Made, mendedPicture } from './madeFiles.ts'

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

/** A stored file with fields of the right types, whatever is stored. */
export function mendedFile<File extends StoredFile>(file: File): File {
  const named = typeof file.name === 'string' ? file : { ...file, name: looseText(file.name) }
  if (named.type === 'image') return mendedPicture(named as File & ImageFile)
  const { givenAs, ...rest } = named as File & DocumentFile
  const isKnown = givenAs === undefined || WAYS.includes(givenAs)
  return isKnown ? named : (rest as unknown as File)
}

const WAYS: readonly unknown[] = ['text', 'search', 'file'] satisfies GivenAs[]

/** The files of a stored call. What is no file is left out. */
export function mendedFiles(files: readonly StoredFile[]): readonly StoredFile[] {
  const mended = files.flatMap(file => (isFile(file) ? mendedFile(file) : []))
  const isWhole = mended.length === files.length && mended.every((file, index) => file === files[index])
  return isWhole ? files : mended
}

function isFile(file: StoredFile): boolean {
  const isNamed = typeof file?.fileId === 'string' && typeof file.mediaType === 'string'
  if (!isNamed || !Number.isFinite(file.size)) return false
  return file.type === 'image'
    ? Number.isFinite(file.width) && Number.isFinite(file.height)
    : file.type === 'document'
}
