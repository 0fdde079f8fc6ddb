import type { StoredFile } from '../../../protocol/parts.ts'
import { type ChatContext, findOpen, setComposed, updateState } from '../chatContext.ts'
import { currentOf, type Upload } from '../chatState.ts'
import { readSavedDrafts, saveDraft } from './savedDrafts.ts'
import type { UploadSource, UploadWork } from './uploadJob.ts'

/*
 * Files on their way to the server, for the drafts of conversations. Each is
 *
 *   uploading ◀──▶ waiting
 *       │
 *       ▼
 *    reading ──▶ gone from here: it is an attachment of the draft
 *
 * and from each of these it can become `refused`. A person then removes it, or begins again. An upload goes on while its
 * conversation is not on the screen. It ends with the page, because a browser gives the bytes of a chosen file only to the
 * page that it was chosen in.
 */

/** Uploads that have their turn at once. Streams of replies need connections too, and a browser has six for one host. */
const MOST_AT_ONCE = 2

/** Whether one of them is still on its way. Until then the message of the draft cannot be sent. */
export function isUploading(uploads: readonly Upload[]): boolean {
  return uploads.some(({ state }) => state !== 'refused')
}

export function upload(context: ChatContext, files: readonly UploadSource[]): void {
  const { key, id: conversationId } = currentOf(context.store.get())
  const begun = files.map((source): Upload => {
    const id = context.browser.createId()
    context.uploading.set(id, { source, job: null })
    const { name, size, mediaType } = source
    return { id, key, conversationId, name, size, mediaType, sent: 0, state: 'uploading', failure: null }
  })
  updateState(context, { uploads: [...context.store.get().uploads, ...begun] })
  giveTurns(context)
}

export function retryUpload(context: ChatContext, id: string): void {
  const found = context.store.get().uploads.find(upload => upload.id === id)
  if (found?.state !== 'refused') return
  setUpload(context, id, { state: 'uploading', sent: 0, failure: null })
  giveTurns(context)
}

export function cancelUpload(context: ChatContext, id: string): void {
  const job = context.uploading.get(id)?.job
  if (job && job !== 'begins') job.cancel()
  forget(context, id)
}

export function cancelUploads(context: ChatContext): void {
  for (const id of [...context.uploading.keys()]) cancelUpload(context, id)
}

function giveTurns(context: ChatContext): void {
  const { uploads } = context.store.get()
  for (const { id, state } of uploads) {
    const atWork = [...context.uploading.values()].filter(({ job }) => job)
    if (atWork.length >= MOST_AT_ONCE) return
    const work = context.uploading.get(id)
    if (work && !work.job && state !== 'refused') void takeTurn(context, id, work)
  }
}

async function takeTurn(context: ChatContext, id: string, work: UploadWork): Promise<void> {
  work.job = 'begins'
  const end = await runJob(context, id, work)
  work.job = null
  if (end === 'failed') setUpload(context, id, { state: 'refused', failure: 'UNREACHABLE' })
  else if ('failure' in end) setUpload(context, id, { state: 'refused', failure: end.failure })
  else if (context.uploading.has(id)) attach(context, id, end.file)
  giveTurns(context)
}

async function runJob(context: ChatContext, id: string, work: UploadWork) {
  // Fetched when it is needed, because most pages upload nothing.
  const code = await import('./uploadJob.ts').catch(() => null)
  if (!code || !context.uploading.has(id)) return 'failed'
  const { browser } = context
  const job = new code.UploadJob({
    browser,
    source: work.source,
    onProgress: progress => setUpload(context, id, progress),
  })
  work.job = job
  const stopListening = browser.events.onWake(() => job.wake())
  const end = await job.run()
  stopListening()
  return end
}

/** Attaches a file to the draft that it was uploaded for, also if that is no longer on the screen. */
function attach(context: ChatContext, id: string, file: StoredFile): void {
  const { browser, store } = context
  const { uploads, opened } = store.get()
  const found = uploads.find(upload => upload.id === id)
  forget(context, id)
  if (!found) return
  const { key, conversationId } = found
  const open = findOpen(context, key) ?? opened.find(({ id }) => id === conversationId)
  if (open) {
    setComposed(context, open.key, { attachments: [...open.attachments, file] })
    return
  }
  const { draft: content, attachments } = readSavedDrafts(browser, conversationId)
  const after = { content, attachments: [...attachments, file] }
  saveDraft(browser, conversationId, { before: { content, attachments }, after })
}

function forget(context: ChatContext, id: string): void {
  context.uploading.delete(id)
  updateState(context, { uploads: context.store.get().uploads.filter(upload => upload.id !== id) })
}

function setUpload(
  context: ChatContext,
  id: string,
  change: Partial<Pick<Upload, 'state' | 'sent' | 'failure'>>,
): void {
  const uploads = context.store
    .get()
    .uploads.map(upload => (upload.id === id ? { ...upload, ...change } : upload))
  updateState(context, { uploads })
}
