import { type ChatContext, updateState } from '../chatContext.ts'
import { currentOf, type Upload } from '../chatState.ts'
import type { UploadSource } from './uploadJob.ts'
import { forgetUpload, setUpload } from './uploadState.ts'

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
  if (begun.length > 0) void goOn(context)
}

export function retryUpload(context: ChatContext, id: string): void {
  const found = context.store.get().uploads.find(upload => upload.id === id)
  if (found?.state !== 'refused') return
  setUpload(context, id, { state: 'uploading', sent: 0, failure: null })
  void goOn(context)
}

export function cancelUpload(context: ChatContext, id: string): void {
  context.uploading.get(id)?.job?.cancel()
  forgetUpload(context, id)
}

export function cancelUploads(context: ChatContext): void {
  for (const id of [...context.uploading.keys()]) cancelUpload(context, id)
}

/** The rest is fetched when it is needed, because most pages upload nothing. */
async function goOn(context: ChatContext): Promise<void> {
  const turns = await import('./uploadTurns.ts').catch(() => null)
  if (turns) turns.giveTurns(context)
  else
    for (const [id, { job }] of context.uploading)
      if (!job) setUpload(context, id, { state: 'refused', failure: 'UNREACHABLE' })
}
