import { RiachoError } from '../../protocol/errors.ts'
import type { Assistant } from '../config/assistant.ts'
import type { ConversationRow } from '../database/schema.ts'

/**
 * The row of a conversation, not stored yet. The first of `assistants` is the default. Throws `INVALID_REQUEST` for an
 * unknown assistant.
 */
export function newConversation(
  fields: {
    id: string
    ownerId: string
    assistant: string | undefined
    title: string
    temporary: boolean
    now: number
    touchedAt: number
  },
  assistants: readonly Assistant[],
): ConversationRow {
  const { id, ownerId, title, temporary, now, touchedAt, assistant = assistants[0]?.id ?? '' } = fields
  if (!assistants.some(({ id }) => id === assistant)) {
    throw new RiachoError('INVALID_REQUEST', 'unknown assistant', { issues: ['assistant: not known'] })
  }
  return {
    id,
    owner_id: ownerId,
    // A title would be words of the conversation in one more place.
    title: temporary ? '' : title,
    temporary: temporary ? 1 : 0,
    status: 'OPEN',
    archived: 0,
    pinned: 0,
    title_final: 1,
    deleted_at: null,
    assistant,
    head_message_id: null,
    created_at: now,
    updated_at: now,
    touched_at: touchedAt,
    read_by_admin_at: null,
  }
}
