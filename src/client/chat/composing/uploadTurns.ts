import type { StoredFile } from '../../../protocol/parts.ts'
import { type ChatContext, findOpen, setComposed } from '../chatContext.ts'
import { readSavedDrafts, saveDraft } from './savedDrafts.ts'
import { UploadJob, type UploadWork } from './uploadJob.ts'
import { forgetUpload, setUpload } from './uploadState.ts'

/** Uploads at once. Streams of replies need connections too, and a browser has six for one host. */
const MOST_AT_ONCE = 2

/** Begins with uploads that wait for their turn, as many as may be under way. */
export function giveTurns(context: ChatContext): void {
  for (const { id, state } of context.store.get().uploads) {
    const atWork = [...context.uploading.values()].filter(({ job }) => job)
    if (atWork.length >= MOST_AT_ONCE) return
    const work = context.uploading.get(id)
    if (work && !work.job && state !== 'refused') void takeTurn(context, id, work)
  }
}

async function takeTurn(context: ChatContext, id: string, work: UploadWork): Promise<void> {
  const { browser } = context
  const job = new UploadJob({
    browser,
    source: work.source,
    onProgress: progress => setUpload(context, id, progress),
  })
  work.job = job
  const stopListening = browser.events.onWake(() => job.wake())
  const end = await job.run()
  stopListening()
  work.job = null
  if ('failure' in end) setUpload(context, id, { state: 'refused', failure: end.failure })
  else if (context.uploading.has(id)) attach(context, id, end.file)
  giveTurns(context)
}

/** Attaches a file to the draft that it was uploaded for, also if that is no longer on the screen. */
function attach(context: ChatContext, id: string, file: StoredFile): void {
  const { browser, store } = context
  const { uploads, opened } = store.get()
  const found = uploads.find(upload => upload.id === id)
  forgetUpload(context, id)
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
