import { numberedName } from '../../../protocol/attachmentNames.ts'
import { MAX_ATTACHMENTS, MAX_BODY_BYTES } from '../../../protocol/limits.ts'
import { type Attachment, isStoredFile } from '../../../protocol/parts.ts'
import type { SendRequest } from '../../../protocol/requests.ts'
import type { Composed, NamedMessage, OpenConversation } from '../chatState.ts'
import type { UploadSource } from './uploadJob.ts'

/** A pasted text longer than this, in characters or lines, becomes an attachment. */
const LONG_PASTE = { characters: 2000, lines: 30 }
/** The most bytes that one UTF-16 unit takes in JSON: `\u0001`. */
const MOST_BYTES = 6
/** Bytes left free in a request for the ids and names around the text. */
const ENVELOPE = 512
/** From this share of the limit on, the composer says how much room is left. */
const NEAR_LIMIT = 0.9

/** The rest of a message after code has taken all its fields. Code that misses a new field does not compile. */
export type NoFields = Record<string, never>

export function isBlank({ content, attachments, ...rest }: Composed): boolean {
  rest satisfies NoFields
  return content.trim() === '' && attachments.length === 0
}

export function isSameMessage(one: Composed, other: Composed): boolean {
  const { content, attachments, ...rest } = other
  rest satisfies NoFields
  return (
    one.content === content &&
    one.attachments.length === attachments.length &&
    one.attachments.every((attachment, index) => isSameAttachment(attachment, attachments[index]))
  )
}

function isSameAttachment(one: Attachment, other: Attachment | undefined): boolean {
  if (!other) return false
  if (isStoredFile(one)) return isStoredFile(other) && one.fileId === other.fileId
  return !isStoredFile(other) && one.name === other.name && one.text === other.text
}

/** The id that a message is sent under: that of `returned` if the two are the same, else a new one. */
export function clientMessageIdFor(
  message: Composed,
  returned: NamedMessage | null,
  createId: () => string,
): string {
  return returned && isSameMessage(message, returned) ? returned.clientMessageId : createId()
}

/** Joins two texts with a blank line; leaves out a blank one. */
export function joinText(first: string, second: string): string {
  return [first, second].filter(text => text.trim() !== '').join('\n\n')
}

/** A file that a person chose for a message. Small texts have their `text`. */
export interface ChosenFile {
  source: UploadSource
  text?: string
}

/**
 * The attachments of a message with the texts of `files`, as far as a request holds them. Names that are taken get a number.
 * Everything else is to be uploaded. `refused` are the names of those for which there is no room: a message has
 * MAX_ATTACHMENTS at most, with the `uploads` under way.
 */
export function addFiles(
  { content, attachments }: Composed,
  files: readonly ChosenFile[],
  uploads = 0,
): { attachments: Attachment[]; uploads: UploadSource[]; refused: string[] } {
  const all = [...attachments]
  const uploaded: UploadSource[] = []
  const refused: string[] = []
  for (const { source, text } of files) {
    const { name } = source
    const taken = text !== undefined && { name: freeAttachmentName(all, n => numberedName(name, n)), text }
    if (all.length + uploads + uploaded.length >= MAX_ATTACHMENTS) refused.push(name)
    else if (taken && fullnessOf({ content, attachments: [...all, taken] }) <= 1) all.push(taken)
    else uploaded.push(source)
  }
  return { attachments: all, uploads: uploaded, refused }
}

/**
 * Joins two messages. Texts of the same name get a number. Of attachments beyond MAX_ATTACHMENTS the text becomes text of the
 * message, and of a stored file its name.
 */
export function joinMessages(first: Composed, second: Composed): Composed {
  const all = [...first.attachments]
  for (const attachment of second.attachments) {
    if (isStoredFile(attachment)) {
      if (!all.some(other => isSameAttachment(attachment, other))) all.push(attachment)
      continue
    }
    const { name, text } = attachment
    all.push({ name: freeAttachmentName(all, number => numberedName(name, number)), text })
  }
  const overflow = all.slice(MAX_ATTACHMENTS).map(each => (isStoredFile(each) ? each.name : each.text))
  return {
    content: [second.content, ...overflow].reduce(joinText, first.content),
    attachments: all.slice(0, MAX_ATTACHMENTS),
  }
}

/** The body that sends the outgoing message of a conversation. It is the same at each try. */
export function sendBodyOf({ id, assistant, temporary, outgoing }: OpenConversation): SendRequest | null {
  if (!outgoing) return null
  const { clientMessageId, parentId } = outgoing
  const { content, attachments, ...rest }: Composed = outgoing
  rest satisfies NoFields
  const begun = { ...(assistant !== null && { assistant }), ...(temporary && { temporary }) }
  const place = id !== null ? { conversationId: id } : begun
  return {
    ...place,
    clientMessageId,
    ...(parentId !== undefined && { parentId }),
    content,
    ...(attachments.length > 0 && { attachments: attachments.map(sentAs) }),
  }
}

/** The server knows a stored file by its id. */
function sentAs(attachment: Attachment): NonNullable<SendRequest['attachments']>[number] {
  return isStoredFile(attachment) ? { fileId: attachment.fileId } : attachment
}

/** The share of the largest request that a message takes; 0 far from the limit. Above 1 it cannot be sent. */
export function fullnessOf({ content, attachments, ...rest }: Composed): number {
  rest satisfies NoFields
  const units = attachments.reduce(
    (sum, each) => sum + each.name.length + (isStoredFile(each) ? 0 : each.text.length),
    content.length,
  )
  if ((units * MOST_BYTES + ENVELOPE) / MAX_BODY_BYTES < NEAR_LIMIT) return 0
  const json = JSON.stringify({ content, attachments: attachments.map(sentAs) })
  const fullness = (new TextEncoder().encode(json).length + ENVELOPE) / MAX_BODY_BYTES
  return fullness < NEAR_LIMIT ? 0 : fullness
}

/** Whether a pasted text becomes an attachment. */
export function isLongPaste(text: string): boolean {
  return (
    text.length > LONG_PASTE.characters || text.split('\n', LONG_PASTE.lines + 1).length > LONG_PASTE.lines
  )
}

/** The first of `named(1)`, `named(2)` … that no attachment has. */
export function freeAttachmentName(
  attachments: readonly Attachment[],
  named: (number: number) => string,
): string {
  const names = new Set(attachments.map(({ name }) => name))
  let number = 1
  while (names.has(named(number))) number += 1
  return named(number)
}
