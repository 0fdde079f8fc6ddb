import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import { docxOf } from '../../test/harness/documents.ts'
import { newKey } from '../harness/load.ts'
import { cpuOf, memoryOf } from '../harness/machine.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import { percentile } from '../harness/statistics.ts'
import { type Uploaded, upload } from '../harness/upload.ts'
import type { Relay } from '../peers/peer.ts'
import { riacho, startRiacho } from '../peers/riacho.ts'
import { learnOwner } from './owner.ts'
import type { OwnScenario } from './scenario.ts'

/** A picture inside a document of Word, which makes the file 20 MB long and is no text to read. */
const PICTURE_BYTES = 19_980_000
const UPLOADS = 5
const QUICK_UPLOADS = 2
const REPLIES = 30
const QUICK_REPLIES = 10
/** What a picture has at most on each side, once Riacho has stored it. */
const SIDE = 2048
const MEMORY_INTERVAL = 25

/** Uploads of 20 MB, and replies to a message with a picture beside replies to text alone. */
export const files: OwnScenario = {
  name: 'files',
  isQuick: true,
  async run({ upstream, log, folder, isQuick, measure }) {
    const options = { upstream: upstream.url, log, folder: folder('files') }
    const { cookie } = await learnOwner(options)
    const relay = await startRiacho(options)
    try {
      await warmUp(relay, cookie)
      const uploads = isQuick ? QUICK_UPLOADS : UPLOADS
      await measure('20 MB', () => measureUploads(relay, cookie, uploads), relay.pids)
      const replies = isQuick ? QUICK_REPLIES : REPLIES
      await measure('picture', () => measurePicture(relay, cookie, replies), relay.pids)
    } finally {
      await relay.stop()
    }
  },
}

/** The first upload and the first replies load and compile code. */
async function warmUp({ port }: Relay, cookie: string): Promise<void> {
  await upload({ port, cookie }, documentOf(1_000_000))
  const { fileId } = await uploadPicture(port, cookie, 64)
  for (let count = 0; count < 10; count++) {
    await firstToken(port, cookie, [])
    await firstToken(port, cookie, [fileId])
  }
}

async function measureUploads({ port, pids }: Relay, cookie: string, count: number) {
  const idle = memoryOf(pids())
  let peak = idle
  const watch = setInterval(() => {
    peak = Math.max(peak, memoryOf(pids()))
  }, MEMORY_INTERVAL)
  let cpu = 0
  const all: Uploaded[] = []
  try {
    for (let index = 0; index < count; index++) {
      const file = documentOf(PICTURE_BYTES)
      const before = cpuOf(pids())
      all.push(
        await upload({ port, cookie }, file, () => {
          cpu += cpuOf(pids()) - before
        }),
      )
    }
  } finally {
    clearInterval(watch)
  }
  const megabytes = all.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
  const seconds = all.reduce((sum, { began, kept }) => sum + kept - began, 0) / 1000
  return {
    megabytesPerSecond: megabytes / seconds,
    cpuPerMegabyte: cpu / megabytes,
    peakAboveIdle: peak - idle,
    reading50: percentile(
      all.map(({ kept, ready }) => ready - kept),
      0.5,
    ),
  }
}

async function measurePicture({ port }: Relay, cookie: string, count: number) {
  const { fileId } = await uploadPicture(port, cookie, SIDE)
  const bare: number[] = []
  const withPicture: number[] = []
  for (let index = 0; index < count; index++) {
    bare.push(await firstToken(port, cookie, []))
    withPicture.push(await firstToken(port, cookie, [fileId]))
  }
  return {
    text50: percentile(bare, 0.5),
    picture50: percentile(withPicture, 0.5),
    added50: percentile(withPicture, 0.5) - percentile(bare, 0.5),
  }
}

/** Milliseconds from sending a message until the first token of its reply. */
async function firstToken(port: number, cookie: string, fileIds: readonly string[]): Promise<number> {
  const request = riacho.send(port, orderText({ key: newKey(), tokens: 1, pace: 1 }), {
    name: newKey(),
    cookie,
  })
  const attachments = fileIds.map(fileId => ({ fileId }))
  const body = { ...request.body, ...(fileIds.length > 0 && { attachments }) }
  const reply = new Reply({ request: { ...request, body }, dialect: riacho.dialect, expected: 1 })
  const { isComplete, status } = await reply.ended
  if (!isComplete || reply.firstTokenAt === undefined) throw new Error(`a reply to a picture got ${status}`)
  return reply.firstTokenAt - reply.sentAt
}

function documentOf(pictureBytes: number) {
  const picture = { name: 'word/media/image1.jpeg', data: randomBytes(pictureBytes) }
  const bytes = docxOf(['Um parágrafo.'], [picture])
  const mediaType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
  return { name: 'relatório.docx', bytes, mediaType }
}

/** A picture as detailed as a photo: noise of a few pixels. */
async function uploadPicture(port: number, cookie: string, side: number): Promise<Uploaded> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const create = { width: side, height: side, channels: 3, background: 'grey', noise } as const
  const bytes = await sharp({ create }).blur(3).jpeg({ quality: 90 }).toBuffer()
  return upload({ port, cookie }, { name: 'foto.jpg', bytes, mediaType: 'image/jpeg' })
}
