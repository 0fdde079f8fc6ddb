import { wordsOfPassages } from '../../database/files/passageWords.ts'
import { FileProblem } from '../fileProblem.ts'
import { type DocumentKind, decodeText, documentKindOf } from './recognise.ts'
import { requireSmallZip } from './requireSmallZip.ts'
import { type Passage, TextSum } from './textSum.ts'

/** What a document is, and what a model reads of it. */
export interface ReadDocument {
  mediaType: string
  passages: readonly Passage[]
  words: ReturnType<typeof wordsOfPassages>
  /** Of a PDF. */
  pages: number | null
}

/** Reads a document. Throws `FileProblem`, and anything else for a damaged one. Each library is loaded when it is needed. */
export async function readDocument(bytes: Uint8Array, name: string): Promise<ReadDocument> {
  const { reads, mediaType } = await documentKindOf(bytes, name)
  const { passages, pages = null } = await READERS[reads](bytes)
  if (passages.every(({ text }) => text.trim() === '')) throw new FileProblem('FILE_EMPTY')
  // Here, because it takes long, and nobody waits for this thread.
  const words = wordsOfPassages(passages.map(({ text }, index) => ({ place: index + 1, text })))
  return { mediaType, passages, words, pages }
}

type Reader = (bytes: Uint8Array) => Promise<{ passages: readonly Passage[]; pages?: number }>

const READERS: Record<DocumentKind['reads'], Reader> = {
  async pdf(bytes) {
    const { readPdf } = await import('./readPdf.ts')
    return readPdf(bytes)
  },
  async docx(bytes) {
    await requireSmallZip(bytes)
    const { readWord } = await import('./readWord.ts')
    return readWord(bytes)
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

/** Headings of Markdown are sections. */
function textOf(text: string): { passages: readonly Passage[] } {
  const sum = new TextSum('')
  let section: string | undefined
  for (const piece of text.split(/^(?=#{1,6} )/m)) {
    section = /^#{1,6} +(.*)/.exec(piece)?.[1]?.trim() ?? section
    sum.add(piece, section ? { section } : {})
  }
  return sum
}
