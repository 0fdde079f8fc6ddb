import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestClient } from '../harness/client.ts'
import { TestClient as Client } from '../harness/client.ts'
import { docxOf, pdfOf, xlsxOf } from '../harness/documents.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { startServer, type TestServer } from '../harness/server.ts'
import { readBytes, type UploadedFile, uploadFile } from '../harness/upload.ts'
import { createUpstream, type Upstream } from '../upstream/upstream.ts'

let upstream: Upstream
let server: TestServer
let client: TestClient

beforeAll(async () => {
  upstream = await createUpstream()
  server = await startServer({ upstream, settings: { TITLES: 'words' } })
  client = server.client()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await upstream.close()
})

/** Noise, which no format makes small. */
function noise(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3)
  let state = 1
  for (let at = 0; at < pixels.length; at++) {
    state = (state * 48_271) % 2_147_483_647
    pixels[at] = state & 255
  }
  return pixels
}

/** What a phone writes that was held upright: the picture lies on its side, and Exif says where it was taken. */
async function photo(width: number, height: number): Promise<Buffer> {
  const raw = { width, height, channels: 3 } as const
  return sharp(noise(width, height), { raw })
    .composite([
      // The left upper corner of the stored pixels is the right upper one of what people see.
      { input: { create: { width: 400, height: 400, channels: 3, background: '#f00' } }, left: 0, top: 0 },
    ])
    .withExif({
      IFD0: { Make: 'CameraQueFala', Orientation: '6' },
      IFD3: {
        GPSLatitudeRef: 'S',
        GPSLatitude: '8/1 3/1 0/1',
        GPSLongitudeRef: 'W',
        GPSLongitude: '34/1 52/1 0/1',
      },
    })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 98, chromaSubsampling: '4:4:4' })
    .toBuffer()
}

const open = async (fileId: string) => (await readBytes(client, `/api/chat/files/${fileId}`)).bytes

describe('a photo of 20 MB, over a link that is cut after every 300 kB', () => {
  test('arrives upright and small, and tells nobody where it was taken', { timeout: 120_000 }, async () => {
    const bytes = await photo(3600, 2700)
    expect(bytes.length).toBeGreaterThan(20_000_000)
    expect(bytes.includes('CameraQueFala')).toBe(true)
    expect((await sharp(bytes).metadata()).orientation).toBe(6)
    await using proxy = await createFaultProxy(Number(new URL(server.url).port), {
      cutAfterSent: 300_000,
      cutBy: 'end',
    })
    const far = new Client(proxy.url)
    far.cookie = client.cookie
    await far.get('/api/chat/conversations')
    client.cookie = far.cookie
    const file = await uploadFile(far, { name: 'foto.jpg', bytes, mediaType: 'image/jpeg' })
    expect(proxy.connections.length).toBeGreaterThan(60)
    expect(file).toMatchObject({ state: 'ready', mediaType: 'image/jpeg', width: 1536, height: 2048 })
    const stored = await open(file.fileId)
    expect(stored.length).toBe(file.size)
    const { exif, orientation, width, height } = await sharp(stored).metadata()
    expect([exif, orientation ?? 1, width, height]).toEqual([undefined, 1, 1536, 2048])
    expect(stored.includes('CameraQueFala')).toBe(false)
    const corner = { left: 1436, top: 20, width: 50, height: 50 }
    const { channels } = await sharp(await sharp(stored).extract(corner).toBuffer()).stats()
    expect(channels.map(({ mean }) => Math.round(mean / 100))).toEqual([3, 0, 0])
  })
})

const BLUE = {
  create: { width: 30, height: 20, channels: 4, background: { r: 0, g: 0, b: 255, alpha: 1 } },
} as const
const CLEAR = {
  create: { width: 30, height: 20, channels: 4, background: { r: 0, g: 0, b: 255, alpha: 0.5 } },
} as const

test.each([
  ['an opaque PNG', () => sharp(BLUE).png().toBuffer(), 'image/jpeg'],
  ['a PNG with transparent pixels', () => sharp(CLEAR).png().toBuffer(), 'image/png'],
  ['a WebP', () => sharp(BLUE).webp().toBuffer(), 'image/jpeg'],
  ['a GIF', () => sharp(BLUE).gif().toBuffer(), 'image/jpeg'],
  ['an AVIF', () => sharp(BLUE).avif().toBuffer(), 'image/jpeg'],
  ['a TIFF', () => sharp(BLUE).tiff().toBuffer(), 'image/jpeg'],
])('%s is known by its bytes, whatever it is called', async (_, make, mediaType) => {
  const file = await uploadFile(client, { name: 'a.pdf', bytes: await make(), mediaType: 'application/pdf' })
  expect(file).toMatchObject({ state: 'ready', mediaType, width: 30, height: 20 })
  const { headers } = await readBytes(client, `/api/chat/files/${file.fileId}`)
  expect(headers['content-type']).toBe(mediaType)
  expect(headers['content-disposition']).toMatch(/^inline;/)
})

test.each<[UploadedFile, object, string]>([
  [
    { name: 'relatorio', bytes: pdfOf(['Primeira folha', 'Segunda folha']) },
    { mediaType: 'application/pdf', pages: 2 },
    '[p. 1]\nPrimeira folha\n\n[p. 2]\nSegunda folha',
  ],
  [
    { name: 'carta.docx', bytes: docxOf(['Prezada Ana,', 'até logo.']) },
    { mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' },
    'Prezada Ana,\n\naté logo.',
  ],
  [
    {
      name: 'gastos.xlsx',
      bytes: xlsxOf([
        ['mês', 'valor'],
        ['maio', 12.5],
      ]),
    },
    { mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' },
    'Gastos\nmês,valor\nmaio,12.5',
  ],
  [
    {
      name: 'pagina.html',
      bytes: Buffer.from('<!doctype html><style>p{}</style><p>Olá &amp; até</p><script>x</script>'),
    },
    { mediaType: 'text/html' },
    'Olá & até',
  ],
  [{ name: 'a.csv', bytes: Buffer.from('a,b\n1,2') }, { mediaType: 'text/csv' }, 'a,b\n1,2'],
  [
    { name: 'a.svg', bytes: Buffer.from('<svg xmlns="x"/>') },
    { mediaType: 'image/svg+xml' },
    '<svg xmlns="x"/>',
  ],
  [{ name: 'a.txt', bytes: Buffer.from('\ufeffação', 'utf16le') }, { mediaType: 'text/plain' }, 'ação'],
])('the model reads the text of $name', async (uploaded, facts, text) => {
  const file = await uploadFile(client, uploaded)
  expect(file).toMatchObject({ state: 'ready', size: uploaded.bytes.length, ...facts })
  const asked = upstream.requests.length
  await using stream = await client.send({ content: 'Leia.', attachments: [{ fileId: file.fileId }] })
  await stream.end()
  const { body } = await upstream.request(asked)
  expect(JSON.stringify(body.input)).toContain(JSON.stringify(text).slice(1, -1))
  expect((await open(file.fileId)).equals(uploaded.bytes)).toBe(true)
})

/** A PNG whose header says how large it is, and whose pixels are not there. */
function declaredPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const zeros = (length: number) => Buffer.alloc(length)

test.each<[string, () => Buffer | Promise<Buffer>, string]>([
  ['a PNG that says it is 30,000 × 30,000', () => declaredPng(30_000, 30_000), 'IMAGE_TOO_LARGE'],
  ['a PNG without its pixels', () => declaredPng(300, 300), 'FILE_UNREADABLE'],
  ['half of a JPEG', async () => (await photo(900, 600)).subarray(0, 100_000), 'FILE_UNREADABLE'],
  ['a zip bomb', () => docxOf(['a'], [{ name: 'word/b.xml', data: zeros(120_000_000) }]), 'FILE_TOO_LONG'],
  [
    'a zip bomb that lies about its size',
    () => docxOf(['a'], [{ name: 'word/b.xml', data: zeros(120_000_000), saidSize: 100 }]),
    'FILE_UNREADABLE',
  ],
  ['a damaged PDF', () => Buffer.from('%PDF-1.7\nnada'), 'FILE_UNREADABLE'],
  ['a PDF without text', () => pdfOf(['']), 'FILE_EMPTY'],
  ['a program', () => Buffer.from(`\x7fELF${'\0'.repeat(200)}`, 'latin1'), 'FILE_UNSUPPORTED'],
  ['bytes that are no text', () => Buffer.from([0xc3, 0x28, 0, 1]), 'FILE_UNSUPPORTED'],
])('%s is refused, and nothing of it stays', async (_, make, code) => {
  const file = await uploadFile(client, { name: 'a', bytes: await make() })
  expect(file).toMatchObject({ state: 'refused', code, message: expect.stringMatching(/\.$/) })
  const { status } = await client.get(`/api/chat/files/${file.fileId}`)
  expect(status).toBe(404)
  const sent = await client.post('/api/chat/send', { content: 'Oi', attachments: [{ fileId: file.fileId }] })
  expect(sent.body.code).toBe('FILE_NOT_READY')
})
