import { getDocumentProxy } from 'unpdf'
import { FileProblem } from '../fileProblem.ts'
import { type Passage, TextSum } from './textSum.ts'

const MOST_PAGES = 1000

/** The text of a PDF, with the number of each page. Throws `FileProblem`. */
export async function readPdf(bytes: Uint8Array): Promise<{ passages: readonly Passage[]; pages: number }> {
  const pdf = await open(bytes)
  const pages = pdf.numPages
  if (pages > MOST_PAGES) throw new FileProblem('FILE_TOO_LONG')
  const sum = new TextSum()
  for (let number = 1; number <= pages; number++) {
    const page = await pdf.getPage(number)
    const { items } = await page.getTextContent()
    let text = ''
    for (const item of items) if ('str' in item) text += item.str + (item.hasEOL ? '\n' : '')
    page.cleanup()
    if (text.trim() !== '') sum.add(`[p. ${number}]\n${text.trim()}`, { page: number })
  }
  return { passages: sum.passages, pages }
}

async function open(bytes: Uint8Array) {
  try {
    return await getDocumentProxy(bytes, {
      // No picture is drawn, and no font is asked for.
      maxImageSize: 0,
      disableFontFace: true,
      useSystemFonts: false,
      verbosity: 0,
    })
  } catch (cause) {
    const isLocked = cause instanceof Error && cause.name === 'PasswordException'
    throw new FileProblem(isLocked ? 'FILE_ENCRYPTED' : 'FILE_UNREADABLE', { cause })
  }
}
