import { type ChatState, currentOf } from '../../../client/chat/chatState.ts'

/** The title of the conversation on the screen, as far as it is known. */
export function titleOf(state: ChatState): string {
  const { conversation, id } = currentOf(state)
  const known = conversation ?? state.list.conversations.find(listed => listed.id === id)
  return known?.title ?? ''
}

/** Whether the conversation on the screen is temporary. It has no title. */
export function isTemporary(state: ChatState): boolean {
  return currentOf(state).conversation?.temporary === true
}
