import { type ChatContext, updateState } from '../chatContext.ts'
import type { Upload } from '../chatState.ts'

export function forgetUpload(context: ChatContext, id: string): void {
  context.uploading.delete(id)
  updateState(context, { uploads: context.store.get().uploads.filter(upload => upload.id !== id) })
}

export function setUpload(
  context: ChatContext,
  id: string,
  change: Partial<Pick<Upload, 'state' | 'sent' | 'failure'>>,
): void {
  const { uploads } = context.store.get()
  updateState(context, {
    uploads: uploads.map(upload => (upload.id === id ? { ...upload, ...change } : upload)),
  })
}
