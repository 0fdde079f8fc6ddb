import { setImmediate } from 'node:timers/promises'
import { RiachoError } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/responses.ts'
import {
  findMessagesWithRuns,
  listBranchKeys,
  listMessageKeys,
  type MessageKey,
} from '../database/messageKeys.ts'
import { toMessage } from '../database/messages.ts'
import type { Queries } from '../database/schema.ts'

/**
 * A conversation may be longer than what the server can read in one turn of the event loop. All work on whole
 * conversations goes in slices, and other requests run between two slices. The messages of a conversation never change,
 * so the slices fit together.
 */

/** The most messages whose keys are read at once. */
const KEYS_AT_ONCE = 1000
/** How many messages one slice has, and about how many bytes of parts. One message may be longer by itself. */
interface SliceSize {
  messages: number
  bytes: number
}
const READ: SliceSize = { messages: 200, bytes: 256 * 1024 }
/** Storing a message takes longer than reading it, because its words go to the index. */
export const WRITE: SliceSize = { messages: 50, bytes: 64 * 1024 }

/** The keys of the messages of a conversation but one, up to number `last`, oldest first. */
export async function keysOfConversation(
  queries: Queries,
  { conversationId, last, except }: { conversationId: string; last: number; except?: string | undefined },
): Promise<MessageKey[]> {
  const keys: MessageKey[] = []
  for (;;) {
    const page = await listMessageKeys(queries, {
      conversationId,
      last,
      except,
      after: keys.at(-1),
      limit: KEYS_AT_ONCE,
    })
    for (const key of page) keys.push(key)
    if (page.length < KEYS_AT_ONCE) return keys
    await setImmediate()
  }
}

/** The keys of the messages from the root down to `messageId`. Empty if the conversation has no such message. */
export async function keysOfBranch(
  queries: Queries,
  { conversationId, messageId }: { conversationId: string; messageId: string | null },
): Promise<MessageKey[]> {
  const newestFirst: MessageKey[] = []
  for (let id = messageId; id !== null; ) {
    const { keys, parentId } = await listBranchKeys(queries, {
      conversationId,
      messageId: id,
      limit: KEYS_AT_ONCE,
    })
    for (const key of keys) newestFirst.push(key)
    if (keys.length < KEYS_AT_ONCE) break
    id = parentId
    await setImmediate()
  }
  return newestFirst.reverse()
}

/** Cuts keys into slices that are worked on at once. */
export function* slicesOf(keys: readonly MessageKey[], most: SliceSize = READ): Generator<MessageKey[]> {
  let slice: MessageKey[] = []
  let bytes = 0
  for (const key of keys) {
    if (slice.length === most.messages || (slice.length > 0 && bytes + key.size > most.bytes)) {
      yield slice
      slice = []
      bytes = 0
    }
    slice.push(key)
    bytes += key.size
  }
  if (slice.length > 0) yield slice
}

/** The messages of these keys, slice by slice. Throws `NOT_FOUND` once they are erased. */
export async function* readMessages(
  queries: Queries,
  keys: readonly MessageKey[],
): AsyncGenerator<Message[], undefined> {
  let isFirst = true
  for (const slice of slicesOf(keys)) {
    if (!isFirst) await setImmediate()
    isFirst = false
    const found = await findMessagesWithRuns(queries, slice)
    if (found.length < slice.length) throw new RiachoError('NOT_FOUND', 'erased while it was read')
    yield found.map(({ row, run }) => toMessage(row, run))
  }
}
