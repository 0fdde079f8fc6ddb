import { type ChatContext, updateOpen } from '../chatContext.ts'
import { saveChosenTemporary } from './savedDrafts.ts'

/** Chooses whether the new conversation, if it is open under this key, begins as a temporary one. Its draft keeps that. */
export function chooseTemporary(context: ChatContext, isTemporary: boolean, key: string | null): void {
  saveChosenTemporary(context.browser, isTemporary)
  if (key !== null) updateOpen(context, key, open => ({ ...open, temporary: isTemporary }))
}
