import { PATHS } from '../../../protocol/paths.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { callApi } from '../../api.ts'
import { type ChatContext, updateState } from '../chatContext.ts'
import { showChangedConversation } from './listing.ts'

/** The person has seen that an administrator read the conversation. */
export async function dismissReadNotice(context: ChatContext, conversation: Conversation): Promise<void> {
  const { id, readByAdminAt } = conversation
  if (readByAdminAt === null) return
  const call = { method: 'DELETE', path: PATHS.readNotice(id, readByAdminAt) } as const
  const result = await callApi<undefined>(context.browser, call)
  updateState(context, { notice: result.ok ? null : result.failure })
  if (!result.ok) return
  showChangedConversation(context, { ...conversation, readByAdminAt: null })
  context.browser.events.sendHint(id)
}
