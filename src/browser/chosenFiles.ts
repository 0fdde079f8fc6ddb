import type { ChosenFile } from '../client/chat/composing/composed.ts'
import { readTextFile } from './readTextFiles.ts'

/** A file that somebody chose, dropped or pasted, or why it is not taken. `heic`: this browser cannot read such pictures. */
export type Chosen = ChosenFile | { name: string; refusal: 'empty' | 'unreadable' | 'heic' }

/** The brands of HEIC pictures, which phones make. Servers cannot read them, because the decoder needs a licence. */
const HEIC_BRANDS: ReadonlySet<string> = new Set([
  'heic',
  'heix',
  'heim',
  'heis',
  'hevc',
  'hevx',
  'mif1',
  'msf1',
])
const JPEG_QUALITY = 0.92

/** Looks at a chosen file. A HEIC picture becomes a JPEG where the browser can read it. */
export async function readChosen(file: File): Promise<Chosen> {
  const read = await readTextFile(file)
  const { name } = read
  if ('text' in read) return { source: sourceOf(file, name), text: read.text }
  if (read.refusal === 'empty' || read.refusal === 'unreadable') return { name, refusal: read.refusal }
  if (!(await isHeic(file))) return { source: sourceOf(file, name) }
  const picture = await toJpeg(file).catch(() => null)
  if (!picture) return { name, refusal: 'heic' }
  return { source: sourceOf(picture, name.replace(/(\.(heic|heif))?$/i, '.jpg')) }
}

function sourceOf(file: Blob, name: string): ChosenFile['source'] {
  return {
    name,
    size: file.size,
    mediaType: file.type || 'application/octet-stream',
    bytes: (from, to) => file.slice(from, to).arrayBuffer(),
  }
}

/** The container says its kind in bytes 4 to 12. */
async function isHeic(file: Blob): Promise<boolean> {
  const kind = String.fromCharCode(...new Uint8Array(await file.slice(4, 12).arrayBuffer()))
  return kind.startsWith('ftyp') && HEIC_BRANDS.has(kind.slice(4))
}

/** The picture upright, and nothing else that the camera wrote. */
async function toJpeg(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file)
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
  bitmap.close()
  return canvas.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY })
}
