import type { Metadata, Sharp, SharpOptions } from 'sharp'
import { FileProblem } from '../fileProblem.ts'
import { Turns } from '../turns.ts'
import { type ReadImage, stripImage } from './stripImage.ts'

/** Makes a picture what is stored of it. `mediaType`: what its bytes are. Throws `FileProblem`. */
export type ReadImageFile = (bytes: Uint8Array, mediaType: string) => Promise<ReadImage>

const MOST_PIXELS = 50_000_000
/** The longest side of what is stored, in pixels. Every provider takes it. */
const LONGEST_SIDE = 2048
const QUALITY = 85
const SECONDS = 20

type OpenSharp = (bytes: Uint8Array, options: SharpOptions) => Sharp

/** Pictures are made upright and small, and lose all that the camera wrote. Without `sharp` they lose that alone. */
export async function createReadImage(): Promise<ReadImageFile> {
  const sharp = await loadSharp()
  if (!sharp) return async (bytes, mediaType) => requireFewPixels(stripImage(bytes, mediaType))
  // One at a time, because each takes a core, and the memory of all its pixels.
  const turns = new Turns()
  return bytes => turns.take(() => convert(sharp, bytes))
}

/** `undefined` if it is not installed: there is none for this machine. */
async function loadSharp(): Promise<OpenSharp | undefined> {
  try {
    const { default: sharp } = await import('sharp')
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp
  } catch {
    return undefined
  }
}

async function convert(sharp: OpenSharp, bytes: Uint8Array): Promise<ReadImage> {
  try {
    const { hasAlpha } = await readHeader(sharp, bytes)
    const open = () => sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
    const isClear = hasAlpha && !(await open().stats()).isOpaque
    const upright = open()
      .timeout({ seconds: SECONDS })
      .autoOrient()
      .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
    const written = isClear
      ? upright.png({ compressionLevel: 9 })
      : upright.flatten({ background: '#fff' }).jpeg({ quality: QUALITY })
    const { data, info } = await written.toBuffer({ resolveWithObject: true })
    const mediaType = isClear ? 'image/png' : 'image/jpeg'
    return { bytes: data, mediaType, width: info.width, height: info.height }
  } catch (cause) {
    throw cause instanceof FileProblem ? cause : new FileProblem('FILE_UNREADABLE', { cause })
  }
}

/** The header alone is read first, because a small file may declare more pixels than any memory holds. */
async function readHeader(sharp: OpenSharp, bytes: Uint8Array): Promise<Metadata> {
  const header = await sharp(bytes, { limitInputPixels: false }).metadata()
  requireFewPixels(header)
  return header
}

function requireFewPixels<Size extends { width: number; height: number }>(size: Size): Size {
  if (size.width * size.height > MOST_PIXELS) throw new FileProblem('IMAGE_TOO_LARGE')
  return size
}
