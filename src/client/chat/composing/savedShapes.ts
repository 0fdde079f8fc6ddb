import type { Attachment, StoredFile } from '../../../protocol/parts.ts'
import type { Composed, Editing, NamedMessage } from '../chatState.ts'

/*
 * What is read from the browser's storage may be anything: an older version of the page wrote it, or an extension, or a
 * person. All that can be read of it as a text is taken, and the rest is left out, because a page that throws here never
 * opens.
 */

/** A message in the outbox as it is saved. After a reload it is sent again under the same id, and stored once. */
export interface SavedMessage extends NamedMessage {
  conversationId: string | null
  assistant: string | null
  /** It begins a temporary conversation. */
  temporary: boolean
  parentId?: string | null
  editOf: string | null
  wasQueued: boolean
  createdAt: number
  /** The queue of a conversation that has no id yet; it is saved with the message that creates the conversation. */
  queue: readonly NamedMessage[]
}

/** Attachments with a name and a text, and stored files. */
export function attachmentsIn(saved: unknown): Attachment[] {
  return listOf(saved).flatMap(fields => {
    const { name, text } = fields
    if (typeof name !== 'string') return []
    return typeof text === 'string' ? { name, text } : (storedFileIn(name, fields) ?? [])
  })
}

function storedFileIn(name: string, fields: Fields): StoredFile | null {
  const { type, fileId, mediaType, size, width, height, pages, tokens } = fields
  if (typeof fileId !== 'string' || typeof mediaType !== 'string' || typeof size !== 'number') return null
  const file = { fileId, name, mediaType, size }
  if (type === 'image' && typeof width === 'number' && typeof height === 'number')
    return { type, ...file, width, height }
  if (type !== 'document') return null
  return {
    type,
    ...file,
    ...(typeof pages === 'number' && { pages }),
    ...(typeof tokens === 'number' && { tokens }),
  }
}

/** Messages with an id and a text. */
export function namedMessagesIn(saved: unknown): NamedMessage[] {
  return listOf(saved).flatMap(message => namedIn(message) ?? [])
}

/** The message that was being changed. */
export function editingIn(saved: unknown): Editing | null {
  const fields = fieldsOf(saved)
  const { messageId, returned } = fields
  const composed = composedIn(fields)
  if (typeof messageId !== 'string' || !composed) return null
  return { messageId, ...composed, returned: namedIn(fieldsOf(returned)) }
}

/** The messages of the outbox. Older versions of the page saved fewer fields. */
export function savedMessagesIn(saved: unknown): SavedMessage[] {
  return listOf(saved).flatMap(fields => {
    const named = namedIn(fields)
    if (!named) return []
    const { parentId, wasQueued, createdAt, queue } = fields
    return {
      ...named,
      conversationId: textOrNull(fields['conversationId']),
      assistant: textOrNull(fields['assistant']),
      temporary: fields['temporary'] === true,
      ...((typeof parentId === 'string' || parentId === null) && { parentId }),
      editOf: textOrNull(fields['editOf']),
      wasQueued: wasQueued === true,
      createdAt: typeof createdAt === 'number' ? createdAt : 0,
      queue: namedMessagesIn(queue),
    }
  })
}

type Fields = Readonly<Record<string, unknown>>

function namedIn(fields: Fields): NamedMessage | null {
  const { clientMessageId } = fields
  const composed = composedIn(fields)
  return typeof clientMessageId === 'string' && composed ? { ...composed, clientMessageId } : null
}

function composedIn({ content, attachments }: Fields): Composed | null {
  return typeof content === 'string' ? { content, attachments: attachmentsIn(attachments) } : null
}

function listOf(saved: unknown): Fields[] {
  return Array.isArray(saved) ? saved.map(fieldsOf) : []
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
