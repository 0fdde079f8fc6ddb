import sharp from 'sharp'
import { createReadImage } from '../../src/server/files/reading/readImage.ts'

/** A picture that providers draw, and what a server stores of it. */
export interface PooledPicture {
  bytes: Buffer
  stored: Buffer
}

const COLOURS = ['#f00', '#0f0', '#00f', '#ff0', '#0ff', '#f0f']
const readImage = await createReadImage()

/** Few, so that many files have the same bytes. Each has a size of its own. */
export const PICTURES: readonly PooledPicture[] = await Promise.all(
  COLOURS.map(async (background, index) => {
    const size = { width: 16 + 8 * index, height: 16 }
    const bytes = await sharp({ create: { ...size, channels: 3, background } })
      .jpeg()
      .toBuffer()
    return { bytes, stored: Buffer.from((await readImage(bytes, 'image/jpeg')).bytes) }
  }),
)

/** Whether these are the bytes of a picture that providers draw. */
export function isDrawn(bytes: Buffer): boolean {
  return PICTURES.some(({ stored }) => stored.equals(bytes))
}
