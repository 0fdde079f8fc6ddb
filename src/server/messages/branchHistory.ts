import { findMessages, listBranchKeys } from '../database/messageKeys.ts'
import { partsOf } from '../database/messages.ts'
import type { MessageRow, Queries } from '../database/schema.ts'
import { withDocumentTexts } from '../files/searching/withDocumentTexts.ts'
import type { ProviderMessage } from '../generation/provider.ts'

/**
 * The most history that goes to a provider: messages, and bytes of their parts. It is about a million tokens. More would
 * hold up every other request while it is read and encoded.
 */
const MAX_MESSAGES = 2000
const MAX_BYTES = 4 * 1024 * 1024
/** The most text of documents that goes to a provider, in UTF-16 units. What does not fit is searched. */
const MAX_DOCUMENTS = 4_000_000

/**
 * The branch down to `message`, oldest first. If it is longer than the bounds, it begins with a later question, and
 * `historyFrom` is the id of that one.
 */
export async function historyOf(
  queries: Queries,
  message: MessageRow,
  { documentTokens: mostTokens }: { documentTokens: number },
): Promise<{ history: ProviderMessage[]; historyFrom?: string | undefined }> {
  const { keys, parentId } = await listBranchKeys(queries, {
    conversationId: message.conversation_id,
    messageId: message.id,
    limit: MAX_MESSAGES,
    maxSize: MAX_BYTES,
  })
  const found = await findMessages(queries, keys.reverse())
  const history = await withDocumentTexts(queries, found.map(toProviderMessage), {
    ownerId: message.owner_id,
    mostTokens,
    maxLength: MAX_DOCUMENTS,
  })
  if (parentId === null) return { history }
  const newer = history.slice(history.findIndex(({ role }) => role === 'user'))
  return { history: newer, historyFrom: newer[0]?.id }
}

function toProviderMessage(row: MessageRow): ProviderMessage {
  return { id: row.id, role: row.role === 'USER' ? 'user' : 'assistant', parts: partsOf(row) }
}
