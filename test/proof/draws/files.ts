import { randomUUID } from 'node:crypto'
import type { Owner, Span } from '../history.ts'
import type { Reply, Talker } from '../talker.ts'

const FILES = '/api/chat/files'
/** The smallest that a piece may be, so that a file has some. */
const PIECE = 16_384

interface Upload {
  /** Who began it. The person may be another owner by now, because another tab erases everything. */
  owner: Owner
  path: string
  bytes: Buffer
}

/** Uploads a file over whatever happens, and reads it back. */
export async function drawUpload(talker: Talker): Promise<boolean> {
  const upload = await uploadAll(talker)
  if (upload) await readBack(talker, upload)
  return true
}

/** Sends a piece twice at once, and one from the wrong place. The file is what it would be. */
export async function drawPiece(talker: Talker): Promise<boolean> {
  const upload = await begin(talker)
  if (!upload) return true
  await Promise.all([send(talker, upload, 0), send(talker, upload, 0), send(talker, upload, PIECE)])
  if (await finish(talker, upload)) await readBack(talker, upload)
  return true
}

/** Asks what a file is, also one that nobody has. */
export async function drawDetails(talker: Talker): Promise<boolean> {
  const { history } = talker
  const unknown = await talker.ask('GET', `${FILES}/${randomUUID()}/details`)
  if (unknown.status !== 404) history.violation(`an unknown file: ${unknown.status}`)
  const upload = await uploadAll(talker)
  if (!upload) return true
  const reply = await ask(talker, 'GET', upload, '/details')
  if (reply.status === 200 && reply.body.file.state !== 'ready')
    history.violation(`${upload.path} is ${reply.body.file.state}`)
  expectThere(talker, upload.owner, reply)
  return true
}

/** Reads a file passage by passage, and the one after the last. */
export async function drawPassage(talker: Talker): Promise<boolean> {
  const { history } = talker
  const upload = await uploadAll(talker)
  if (!upload) return true
  let text = ''
  for (let place = 1; ; place++) {
    const reply = await ask(talker, 'GET', upload, `/passages/${place}`)
    if (reply.status !== 200) {
      const isWhole = reply.status === 404 && text === upload.bytes.toString()
      if (!isWhole && !mayBeErased(upload.owner, reply))
        history.violation(`${upload.path} has other passages`)
      return true
    }
    text += reply.body.passage.text
  }
}

/** Deletes a file. From then on nobody finds it. */
export async function drawDeleteFile(talker: Talker): Promise<boolean> {
  const { history } = talker
  const upload = await uploadAll(talker)
  if (!upload) return true
  const deleted = await ask(talker, 'DELETE', upload)
  const isKnown = deleted.attempts === 1 && !mayBeErased(upload.owner, deleted)
  if (isKnown && deleted.status !== 204) history.violation(`delete of ${upload.path}: ${deleted.status}`)
  const { status } = await ask(talker, 'GET', upload)
  if (status !== 404) history.violation(`${upload.path} is deleted, and there: ${status}`)
  return true
}

/** Asks a share for a file that none of its messages has. */
export async function drawSharedFile(talker: Talker): Promise<boolean> {
  const { history, random } = talker
  const share = random.pick(history.chats.flatMap(chat => chat.shares))
  const upload = await uploadAll(talker)
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

function ask(talker: Talker, method: string, { owner, path }: Upload, rest = ''): Promise<Reply> {
  return talker.ask(method, path + rest, { client: talker.client(owner), mine: owner })
}

async function uploadAll(talker: Talker): Promise<Upload | undefined> {
  const upload = await begin(talker)
  return upload && (await finish(talker, upload)) ? upload : undefined
}

async function begin(talker: Talker): Promise<Upload | undefined> {
  const { owner } = talker
  const bytes = Buffer.from(`${randomUUID()}\n`.repeat(1000))
  const body = { name: 'arquivo.txt', size: bytes.length, mediaType: 'text/plain' }
  const reply = await talker.ask('POST', FILES, { body, client: talker.client(owner), mine: owner })
  talker.count('file', reply.status)
  if (reply.status === 201) return { owner, path: `${FILES}/${reply.body.fileId}`, bytes }
  if (!mayBeErased(owner, reply)) talker.history.violation(`a file: ${reply.status} ${reply.text}`)
  return undefined
}

/** Sends what is missing, from where the server is. False if the file is gone with its owner. */
async function finish(talker: Talker, upload: Upload): Promise<boolean> {
  for (;;) {
    const head = await ask(talker, 'HEAD', upload)
    if (head.status === 404) {
      if (!mayBeErased(upload.owner, head)) talker.history.violation(`${upload.path} is lost`)
      return false
    }
    const offset = Number(head.headers['upload-offset'])
    if (offset === upload.bytes.length) return isReady(talker, upload)
    await send(talker, upload, offset)
  }
}

async function isReady(talker: Talker, upload: Upload): Promise<boolean> {
  for (;;) {
    const { status, body } = await ask(talker, 'GET', upload, '/details')
    if (status !== 200) return false
    if (body.file.state !== 'reading') return body.file.state === 'ready'
  }
}

function send(talker: Talker, { owner, path, bytes }: Upload, offset: number): Promise<Reply> {
  const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) }
  const body = bytes.subarray(offset, offset + PIECE)
  return talker.ask('PATCH', path, { body, headers, client: talker.client(owner), mine: owner })
}

async function readBack(talker: Talker, upload: Upload): Promise<void> {
  const reply = await ask(talker, 'GET', upload)
  expectThere(talker, upload.owner, reply)
  if (reply.status === 200 && reply.text !== upload.bytes.toString())
    talker.history.violation(`${upload.path} has other bytes`)
}
