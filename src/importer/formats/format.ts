import type {
  Drop,
  ImportedConversation,
  ImportedMessage,
} from '../../server/importing/importedConversation.ts'

/** How another program writes its conversations. */
export interface Format {
  /** What a person calls it. Replies that name no model have it as their model. */
  readonly title: string
  /** Whether `value` is a conversation of this format. It looks at the shape, because names of files change. */
  recognizes(value: unknown): boolean
  /** Throws if the conversation has no id. Whatever else is missing counts as absent. */
  read(value: unknown, drop: Drop): ImportedConversation
}

/** A conversation whose format says nothing more. */
export function conversationOf(
  id: string | null,
  fields: Partial<ImportedConversation>,
): ImportedConversation {
  if (id === null) throw new TypeError('it has no id')
  return {
    id,
    title: '',
    status: 'OPEN',
    archived: false,
    pinned: false,
    createdAt: null,
    updatedAt: null,
    headId: null,
    threadId: null,
    person: null,
    messages: [],
    ...fields,
  }
}

/** Makes each message follow the one before, for formats without branches. */
export function inARow(messages: readonly Omit<ImportedMessage, 'parentId'>[]): ImportedMessage[] {
  return messages.map((message, index) => ({ ...message, parentId: messages[index - 1]?.id ?? null }))
}

/** A line that stands for a file whose bytes are not imported. */
export function missingFile(name: string, drop: Drop): string {
  drop('the bytes of a file or picture: its name stays in the message')
  return `[${name || '…'}]`
}

const MARKS = '(?:【[^【】]{0,200}†[^【】]{0,500}】)+'
/** With the space before them, where they end a word. */
const SPACED_MARKS = new RegExp(` ${MARKS}(?=$|[\\s.,;:!?)\\]])`, 'g')
const OTHER_MARKS = new RegExp(MARKS, 'g')

/** Removes the marks of citations that OpenAI's APIs put into texts: `【4:0†source】`, and those in private characters. */
export function withoutCitationMarks(text: string): string {
  return text
    .replace(SPACED_MARKS, '')
    .replace(OTHER_MARKS, '')
    .replace(/\uE200[^\uE200\uE201]{0,2000}\uE201/g, '')
    .replace(/[\uE200-\uE206]/g, '')
}
