import mammoth from 'mammoth'
import { readHtml } from './readHtml.ts'
import type { Passage } from './textSum.ts'

const OPTIONS: Parameters<typeof mammoth.convertToHtml>[1] = {
  // By default each picture becomes Base64, which nobody reads.
  convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
  styleMap: ["p[style-name='Title'] => h1:fresh"],
}

/** The text of a document of Word, in paragraphs, with its footnotes. Throws `FileProblem`, and anything else for a damaged one. */
export async function readWord(bytes: Uint8Array): Promise<{ passages: readonly Passage[] }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { value } = await mammoth.convertToHtml({ buffer }, OPTIONS)
  return readHtml(value, { between: '\n\n', keepsSpaces: true })
}
