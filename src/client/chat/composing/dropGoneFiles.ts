import { isStoredFile } from '../../../protocol/parts.ts'
import { PATHS } from '../../../protocol/paths.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, findOpen, setComposed, updateState } from '../chatContext.ts'

/**
 * Takes those files out of a draft that the server no longer has, and tells the person. A server deletes files that no
 * message has after a day, and a draft may be older.
 */
export async function dropGoneFiles(context: ChatContext, key: string): Promise<void> {
  for (const file of findOpen(context, key)?.attachments ?? []) {
    if (!isStoredFile(file)) continue
    const result = await callApi(context.browser, { method: 'GET', path: PATHS.fileDetails(file.fileId) })
    const { attachments = [] } = findOpen(context, key) ?? {}
    if (result.ok || result.failure !== 'NOT_FOUND') continue
    setComposed(context, key, { attachments: attachments.filter(other => other !== file) })
    updateState(context, { notice: 'FILE_NOT_READY' })
  }
}
