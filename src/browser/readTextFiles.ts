import { shortName } from '../protocol/attachmentNames.ts'
import { MAX_BODY_BYTES } from '../protocol/limits.ts'

/** Why the text of a file is not attached. */
export type FileRefusal = 'not-text' | 'empty' | 'too-large' | 'unreadable'

export type ReadFile = { name: string; text: string } | { name: string; refusal: FileRefusal }

/** What this module asks of a `File`. */
export type TextFile = Pick<File, 'name' | 'size' | 'arrayBuffer'>

/** Reads the text of a file that is small enough to go with a request. */
export async function readTextFile(file: TextFile): Promise<ReadFile> {
  const name = shortName(file.name.trim() || '?')
  if (file.size > MAX_BODY_BYTES) return { name, refusal: 'too-large' }
  try {
    const text = decodeText(new Uint8Array(await file.arrayBuffer()))
    if (text === null) return { name, refusal: 'not-text' }
    return text.trim() === '' ? { name, refusal: 'empty' } : { name, text }
  } catch {
    // The file is gone, is a folder, or may not be read.
    return { name, refusal: 'unreadable' }
  }
}

/**
 * The text of a file, or `null` if it has none: UTF-8, UTF-16 with its mark, and else Windows-1252, because spreadsheets
 * still write that. A file with bytes that no text has is not text: a picture or a program.
 */
export function decodeText(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeAs('utf-16le', bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeAs('utf-16be', bytes)
  if (isPdf(bytes) || bytes.some(isNeverText)) return null
  return decodeAs('utf-8', bytes) ?? decodeAs('windows-1252', bytes)
}

function decodeAs(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function isPdf(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 5)) === '%PDF-'
}

/** Control characters except tab, the ends of lines and pages, and the one that begins the colours of a terminal. */
function isNeverText(byte: number): boolean {
  return byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b
}
