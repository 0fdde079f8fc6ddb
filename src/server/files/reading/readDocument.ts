import { FileProblem } from '../fileProblem.ts'
import { type DocumentKind, decodeText, documentKindOf } from './recognise.ts'
import { requireSmallZip } from './requireSmallZip.ts'
import { TextSum } from './textSum.ts'

/** What a document is, and what a model reads of it. */
export interface ReadDocument {
  mediaType: string
  text: string
  /** Of a PDF. */
  pages: number | null
}

/** Reads a document. Throws `FileProblem`, and anything else for a damaged one. Each library is loaded when it is needed. */
export async function readDocument(bytes: Uint8Array, name: string): Promise<ReadDocument> {
  const { reads, mediaType } = await documentKindOf(bytes, name)
  const { text, pages = null } = await READERS[reads](bytes)
  if (text.trim() === '') throw new FileProblem('FILE_EMPTY')
  return { mediaType, text, pages }
}

type Reader = (bytes: Uint8Array) => Promise<{ text: string; pages?: number }>

const READERS: Record<DocumentKind['reads'], Reader> = {
  async pdf(bytes) {
    const { readPdf } = await import('./readPdf.ts')
    return readPdf(bytes)
  },
  async docx(bytes) {
    await requireSmallZip(bytes)
    const { default: mammoth } = await import('mammoth')
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return textOf((await mammoth.extractRawText({ buffer })).value)
  },
  async xlsx(bytes) {
    await requireSmallZip(bytes)
    const { readSheets } = await import('./readSheets.ts')
    return readSheets(bytes)
  },
  async html(bytes) {
    const { readHtml } = await import('./readHtml.ts')
    return readHtml(decodeText(bytes) ?? '')
  },
  text: async bytes => textOf(decodeText(bytes) ?? ''),
}

function textOf(text: string): { text: string } {
  const sum = new TextSum()
  sum.add(text)
  return { text: sum.text }
}
