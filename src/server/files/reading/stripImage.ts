import { FileProblem } from '../fileProblem.ts'

/** A picture as it is stored. */
export interface ReadImage {
  bytes: Uint8Array
  mediaType: string
  width: number
  height: number
}

/**
 * Takes from a picture what a camera or a program wrote beside it (Exif, XMP, comments), without decoding it. Throws
 * `FileProblem` for what is no whole JPEG, PNG or WebP.
 */
export function stripImage(bytes: Uint8Array, mediaType: string): ReadImage {
  const strip = STRIPPERS[mediaType]
  if (!strip) throw new FileProblem('FILE_UNSUPPORTED')
  try {
    const stripped = strip(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    if (!(stripped.width > 0 && stripped.height > 0)) throw new FileProblem('FILE_UNREADABLE')
    return { ...stripped, mediaType }
  } catch (cause) {
    // Whoever reads past the end of a buffer gets a RangeError.
    throw cause instanceof FileProblem ? cause : new FileProblem('FILE_UNREADABLE', { cause })
  }
}

type Stripped = Omit<ReadImage, 'mediaType'>

const STRIPPERS: Readonly<Record<string, (bytes: Buffer) => Stripped>> = {
  'image/jpeg': stripJpeg,
  'image/png': stripPng,
  'image/webp': stripWebp,
}

/** Markers of JPEG. Those from `FIRST_APP` to `LAST_APP` are of programs. */
const START_OF_SCAN = 0xda
const FIRST_APP = 0xe0
const LAST_APP = 0xef
const COMMENT = 0xfe
/** JFIF, a colour profile, and how Adobe's programs store colours: without these the colours are wrong. */
const KEPT_APPS = new Set([0xe0, 0xe2, 0xee])

function stripJpeg(bytes: Buffer): Stripped {
  const kept = [bytes.subarray(0, 2)]
  let [width, height] = [0, 0]
  for (let at = 2; ; ) {
    if (bytes.readUInt8(at) !== 0xff) throw new FileProblem('FILE_UNREADABLE')
    const marker = bytes.readUInt8(at + 1)
    if (marker === START_OF_SCAN) {
      kept.push(bytes.subarray(at))
      return { bytes: Buffer.concat(kept), width, height }
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)]
    const isOfProgram = marker >= FIRST_APP && marker <= LAST_APP && !KEPT_APPS.has(marker)
    if (!isOfProgram && marker !== COMMENT) kept.push(bytes.subarray(at, end))
    at = end
  }
}

/** Chunks of PNG with words or times. */
const PNG_DROPPED = new Set(['eXIf', 'iTXt', 'tEXt', 'tIME', 'zTXt'])

function stripPng(bytes: Buffer): Stripped {
  const kept = [bytes.subarray(0, 8)]
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
  for (let at = 8; ; ) {
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new FileProblem('FILE_UNREADABLE')
    if (!PNG_DROPPED.has(type)) kept.push(bytes.subarray(at, end))
    if (type === 'IEND') return { bytes: Buffer.concat(kept), width, height }
    at = end
  }
}

/** Bits of the header of an extended WebP that announce what is dropped. */
const WEBP_DROPPED_BITS = 0b1100

function stripWebp(bytes: Buffer): Stripped {
  const kept: Buffer[] = []
  let [width, height] = [0, 0]
  for (let at = 12; at + 8 <= bytes.length; ) {
    const type = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    const end = at + 8 + size + (size % 2)
    if (end > bytes.length) throw new FileProblem('FILE_UNREADABLE')
    const chunk = Buffer.from(bytes.subarray(at, end))
    if (type === 'VP8X') {
      chunk.writeUInt8(chunk.readUInt8(8) & ~WEBP_DROPPED_BITS, 8)
      ;[width, height] = [chunk.readUIntLE(12, 3) + 1, chunk.readUIntLE(15, 3) + 1]
    } else if (type === 'VP8 ' && width === 0) {
      ;[width, height] = [chunk.readUInt16LE(14) & 0x3fff, chunk.readUInt16LE(16) & 0x3fff]
    } else if (type === 'VP8L' && width === 0) {
      const bits = chunk.readUInt32LE(9)
      ;[width, height] = [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]
    }
    if (type !== 'EXIF' && type !== 'XMP ') kept.push(chunk)
    at = end
  }
  const body = Buffer.concat(kept)
  const header = Buffer.alloc(12)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(4 + body.length, 4)
  header.write('WEBP', 8, 'latin1')
  return { bytes: Buffer.concat([header, body]), width, height }
}
