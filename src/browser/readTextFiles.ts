import { MAX_BODY_BYTES } from '../protocol/limits.ts'

/** Why a file is not attached. */
export type FileRefusal = 'not-text' | 'empty' | 'too-large' | 'unreadable'

export type ReadFile = { name: string; text: string } | { name: string; refusal: FileRefusal }

/** What this module asks of a `File`. */
export type TextFile = Pick<File, 'name' | 'size' | 'arrayBuffer'>

/** The longest name of an attachment, in UTF-16 units. */
const LONGEST_NAME = 200

/** Reads a file that somebody chose, dropped or pasted. Only text is taken. */
export async function readTextFile(file: TextFile): Promise<ReadFile> {
  const name = shortName(file.name)
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
  const mark = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be'
  const isWide = mark === 'utf-16le' || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (isWide) return decodeAs(mark, bytes)
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

/** Keeps the ending of a name that is too long. */
function shortName(name: string): string {
  const whole = name.trim() || '?'
  if (whole.length <= LONGEST_NAME) return whole
  const dot = whole.lastIndexOf('.')
  const ending = dot > 0 && whole.length - dot <= 16 ? whole.slice(dot) : ''
  return `${whole.slice(0, LONGEST_NAME - ending.length - 1)}…${ending}`
}
