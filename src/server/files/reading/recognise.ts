import { isUtf8 } from 'node:buffer'
import { extname } from 'node:path'
import { FileProblem } from '../fileProblem.ts'

/** Bytes that are enough to tell a picture from everything else. */
const BEGINNING = 4100

/** Pictures that are read. An animated one is read as its first picture. */
const IMAGES: ReadonlySet<string> = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/avif',
  'image/tiff',
])

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** What a document is, and how its text is read. */
export interface DocumentKind {
  reads: 'pdf' | 'docx' | 'xlsx' | 'html' | 'text'
  mediaType: string
}

const DOCUMENTS: Readonly<Record<string, DocumentKind['reads']>> = {
  'application/pdf': 'pdf',
  [DOCX]: 'docx',
  [XLSX]: 'xlsx',
  'application/rtf': 'text',
  'application/xml': 'text',
}

/** Kinds of text, which no byte tells from each other. */
const TEXTS: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.svg': 'image/svg+xml',
  '.tsv': 'text/tab-separated-values',
  '.xml': 'application/xml',
}

const HTML = /^\s*(<!--[\s\S]*?-->\s*)?<(!doctype html|html[\s>])/i

/** The media type of a picture, by its bytes. `undefined` if it is none. Throws `FileProblem` for one that cannot be read. */
export async function imageTypeOf(bytes: Uint8Array): Promise<string | undefined> {
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(bytes.subarray(0, BEGINNING))
  if (!found?.mime.startsWith('image/')) return undefined
  if (IMAGES.has(found.mime)) return found.mime
  throw new FileProblem('FILE_UNSUPPORTED')
}

/** What a file is that is no picture, by its bytes. Only of which kind a text is, its name says. Throws `FileProblem`. */
export async function documentKindOf(bytes: Uint8Array, name: string): Promise<DocumentKind> {
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(bytes)
  const reads = found && DOCUMENTS[found.mime]
  if (reads && reads !== 'text') return { reads, mediaType: found.mime }
  if (found && !reads) throw new FileProblem('FILE_UNSUPPORTED')
  if (decodeText(bytes) === undefined) throw new FileProblem('FILE_UNSUPPORTED')
  if (HTML.test(Buffer.from(bytes.subarray(0, BEGINNING)).toString('utf8')))
    return { reads: 'html', mediaType: 'text/html' }
  return { reads: 'text', mediaType: TEXTS[extname(name).toLowerCase()] ?? found?.mime ?? 'text/plain' }
}

/** What bytes are that nobody reads: by their beginning, or as a text by the name. */
export async function plainTypeOf(bytes: Uint8Array, name: string): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type')
  const found = await fileTypeFromBuffer(bytes)
  if (found) return found.mime
  if (decodeText(bytes) === undefined) return 'application/octet-stream'
  return TEXTS[extname(name).toLowerCase()] ?? 'text/plain'
}

/** The bytes as text: UTF-8, or UTF-16 with its mark. `undefined` if they are no text. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes
  const mark =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : ''
  if (mark === '' && !isUtf8(bytes)) return undefined
  const text = new TextDecoder(mark || 'utf-8').decode(bytes)
  return text.includes('\0') ? undefined : text
}
