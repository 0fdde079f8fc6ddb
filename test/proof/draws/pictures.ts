import { readBytes } from '../../harness/upload.ts'
import { type Chat, time } from '../history.ts'
import { isDrawn } from '../picturePool.ts'
import type { Talker } from '../talker.ts'
import { isPicture, type Picture, type View } from '../view.ts'

/** Sometimes reads a picture whose bytes have just been named. */
export function readSoon(talker: Talker, chat: Chat, { parts }: View): void {
  const { history, random } = talker
  for (const picture of parts.filter(isPicture)) {
    const name = `${picture.fileId} ${picture.version}`
    if (!picture.version || history.noticed.has(name)) continue
    history.noticed.add(name)
    if (random.chance(0.3)) talker.inBackground(readPicture(talker, chat, picture))
  }
}

/** Whether its bytes are those that its part tells of. Those of a picture that was never finished may be of a later preview. */
export function isFinal({ status }: Picture): boolean {
  return status === undefined
}

/** What an event has named can be read from then on. `isFinal`: nothing takes its place any more. */
export async function readPicture(
  talker: Talker,
  chat: Chat,
  { fileId, version, size }: Picture,
  { isFinal = false }: { isFinal?: boolean } = {},
): Promise<void> {
  const { history } = talker
  const from = time()
  const { status, bytes } = await talker.stubborn(async () => {
    const answer = await readBytes(talker.client(chat.owner), `/api/chat/files/${fileId}?v=${version}`)
    if (answer.status === 503) throw new Error('nothing can be read')
    return answer
  })
  const span = { from, to: time() }
  talker.count('picture', status ?? 0)
  const wrong = (what: string) => history.violation(`version ${version} of picture ${fileId} ${what}`)
  if (status === 404 && chat.mayBeGone(span)) return
  if (status !== 200) return wrong(`was shown, and is ${status}`)
  if (!isDrawn(bytes)) wrong(`has ${bytes.length} bytes that nobody drew`)
  else if (isFinal && bytes.length !== size) wrong(`has ${bytes.length} bytes instead of ${size}`)
}
