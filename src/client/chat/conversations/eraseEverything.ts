import { PATHS } from '../../../protocol/paths.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'
import { forgetAllDrafts } from '../composing/savedDrafts.ts'
import { cancelUploads } from '../composing/uploads.ts'
import { forgetTemporaryMarks } from './temporaryMarks.ts'

/** The hint that all conversations are erased. */
export const ERASED_HINT = '*'

/** Erases everything of the owner for good. Gives whether it is gone; the page then has to be loaded again. */
export async function eraseEverything(context: ChatContext): Promise<boolean> {
  const { browser } = context
  const result = await callApi<undefined>(browser, { method: 'DELETE', path: PATHS.owner })
  if (!result.ok) {
    updateState(context, { notice: result.failure })
    return false
  }
  cancelUploads(context)
  forgetAllDrafts(browser)
  forgetTemporaryMarks(browser)
  browser.events.sendHint(ERASED_HINT)
  return true
}
