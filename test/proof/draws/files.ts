import { randomUUID } from 'node:crypto'
import type { Owner, Span } from '../history.ts'
import type { Reply, Talker } from '../talker.ts'

const FILES = '/api/chat/files'
/** The smallest that a piece may be, so that a file has some. */
const PIECE = 16_384

interface Upload {
  path: string
  bytes: Buffer
}

/** Uploads a file over whatever happens, and reads it back. */
export async function drawUpload(talker: Talker): Promise<boolean> {
  const upload = await uploadAll(talker, talker.owner)
  if (upload) await readBack(talker, upload)
  return true
}

/** Sends a piece twice at once, and one from the wrong place. The file is what it would be. */
export async function drawPiece(talker: Talker): Promise<boolean> {
  const { owner } = talker
  const upload = await begin(talker, owner)
  if (!upload) return true
  await Promise.all([send(talker, upload, 0), send(talker, upload, 0), send(talker, upload, PIECE)])
  if (await finish(talker, upload)) await readBack(talker, upload)
  return true
}

/** Asks what a file is, also one that nobody has. */
export async function drawDetails(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const unknown = await talker.ask('GET', `${FILES}/${randomUUID()}/details`)
  if (unknown.status !== 404) history.violation(`an unknown file: ${unknown.status}`)
  const upload = await uploadAll(talker, owner)
  if (!upload) return true
  const reply = await talker.ask('GET', `${upload.path}/details`)
  if (reply.status === 200 && reply.body.file.state !== 'ready')
    history.violation(`${upload.path} is ${reply.body.file.state}`)
  expectThere(talker, owner, reply)
  return true
}

/** Reads a file passage by passage, and the one after the last. */
export async function drawPassage(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const upload = await uploadAll(talker, owner)
  if (!upload) return true
  let text = ''
  for (let place = 1; ; place++) {
    const reply = await talker.ask('GET', `${upload.path}/passages/${place}`)
    if (reply.status !== 200) {
      const isWhole = reply.status === 404 && text === upload.bytes.toString()
      if (!isWhole && !mayBeErased(owner, reply)) history.violation(`${upload.path} has other passages`)
      return true
    }
    text += reply.body.passage.text
  }
}

/** Deletes a file. From then on nobody finds it. */
export async function drawDeleteFile(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const upload = await uploadAll(talker, owner)
  if (!upload) return true
  const deleted = await talker.ask('DELETE', upload.path)
  const isKnown = deleted.attempts === 1 && !mayBeErased(owner, deleted)
  if (isKnown && deleted.status !== 204) history.violation(`delete of ${upload.path}: ${deleted.status}`)
  const { status } = await talker.ask('GET', upload.path)
  if (status !== 404) history.violation(`${upload.path} is deleted, and there: ${status}`)
  return true
}

/** Asks a share for a file that none of its messages has. */
export async function drawSharedFile(talker: Talker): Promise<boolean> {
  const { owner, history, random } = talker
  const share = random.pick(history.chats.flatMap(chat => chat.shares))
  const upload = await uploadAll(talker, owner)
  if (!upload) return true
  const fileId = upload.path.split('/').at(-1)
  const path = `/api/chat/shared/${share?.id ?? 'A'.repeat(24)}/files/${fileId}`
  const { status } = await talker.ask('GET', path, { client: talker.stranger() })
  if (status !== 404) history.violation(`a share gives a file that is not its own: ${status}`)
  return true
}

const mayBeErased = (owner: Owner, span: Span) => owner.erased.mayBe(true, span)

function expectThere(talker: Talker, owner: Owner, reply: Reply): void {
  if (reply.status === 200 || mayBeErased(owner, reply)) return
  talker.history.violation(`a file of ${owner.name}: ${reply.status} ${reply.text.slice(0, 200)}`)
}

async function uploadAll(talker: Talker, owner: Owner): Promise<Upload | undefined> {
  const upload = await begin(talker, owner)
  return upload && (await finish(talker, upload)) ? upload : undefined
}

async function begin(talker: Talker, owner: Owner): Promise<Upload | undefined> {
  const bytes = Buffer.from(`${randomUUID()}\n`.repeat(1000))
  const body = { name: 'arquivo.txt', size: bytes.length, mediaType: 'text/plain' }
  const reply = await talker.ask('POST', FILES, { body })
  talker.count('file', reply.status)
  if (reply.status === 201) return { path: `${FILES}/${reply.body.fileId}`, bytes }
  if (!mayBeErased(owner, reply)) talker.history.violation(`a file: ${reply.status} ${reply.text}`)
  return undefined
}

/** Sends what is missing, from where the server is. False if the file is gone with its owner. */
async function finish(talker: Talker, upload: Upload): Promise<boolean> {
  const { owner, history } = talker
  for (;;) {
    const head = await talker.ask('HEAD', upload.path)
    if (head.status === 404) {
      if (!mayBeErased(owner, head)) history.violation(`${upload.path} is lost`)
      return false
    }
    const offset = Number(head.headers['upload-offset'])
    if (offset === upload.bytes.length) return isReady(talker, upload)
    await send(talker, upload, offset)
  }
}

async function isReady(talker: Talker, { path }: Upload): Promise<boolean> {
  for (;;) {
    const { status, body } = await talker.ask('GET', `${path}/details`)
    if (status !== 200) return false
    if (body.file.state !== 'reading') return body.file.state === 'ready'
  }
}

function send(talker: Talker, { path, bytes }: Upload, offset: number): Promise<Reply> {
  const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) }
  return talker.ask('PATCH', path, { body: bytes.subarray(offset, offset + PIECE), headers })
}

async function readBack(talker: Talker, { path, bytes }: Upload): Promise<void> {
  const { owner, history } = talker
  const reply = await talker.ask('GET', path)
  expectThere(talker, owner, reply)
  if (reply.status === 200 && reply.text !== bytes.toString()) history.violation(`${path} has other bytes`)
}
