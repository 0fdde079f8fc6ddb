import sharp from 'sharp'
import { expect, test } from 'vitest'
import { stripImage } from './stripImage.ts'

const SECRET = 'CameraQueFala'

const picture = () =>
  sharp({ create: { width: 30, height: 20, channels: 3, background: '#08f' } }).withExif({
    IFD0: { Make: SECRET },
  })

test.each([
  ['image/jpeg', () => picture().jpeg().toBuffer()],
  ['image/png', () => picture().png().toBuffer()],
  ['image/webp', () => picture().webp().toBuffer()],
])('a %s loses what the camera wrote, and none of its pixels', async (mediaType, make) => {
  const bytes = await make()
  expect(bytes.includes(SECRET)).toBe(true)
  const stripped = stripImage(bytes, mediaType)
  expect(stripped).toMatchObject({ mediaType, width: 30, height: 20 })
  expect(Buffer.from(stripped.bytes).includes(SECRET)).toBe(false)
  const { exif, width, height } = await sharp(stripped.bytes).metadata()
  expect([exif, width, height]).toEqual([undefined, 30, 20])
  const pixels = (from: Uint8Array) => sharp(from).raw().toBuffer()
  expect((await pixels(stripped.bytes)).equals(await pixels(bytes))).toBe(true)
})

test.each(['image/jpeg', 'image/png', 'image/webp'])('a cut %s is refused', async mediaType => {
  const kind = mediaType.slice('image/'.length) as 'jpeg' | 'png' | 'webp'
  const bytes = await picture().toFormat(kind).toBuffer()
  for (const length of [0, 1, 5, 13, 40]) {
    expect(() => stripImage(bytes.subarray(0, length), mediaType)).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    )
  }
})

test('another picture is not supported', () => {
  expect(() => stripImage(Buffer.from('GIF89a'), 'image/gif')).toThrow(
    expect.objectContaining({ code: 'FILE_UNSUPPORTED' }),
  )
})
