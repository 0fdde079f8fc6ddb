import type { Drop, ImportedMessage, ImportedPart } from '../../server/importing/importedConversation.ts'
import { conversationOf, type Format, inARow, missingFile } from './format.ts'
import { type Fields, fieldsOf, idOf, isFields, listOf, textOf, timeOf } from './loose.ts'

/** The parent of a first message. */
const NO_PARENT = '00000000-0000-0000-0000-000000000000'

/** One conversation, as LibreChat exports it to JSON, with its branches or without, nested or not. */
export const librechat: Format = {
  title: 'LibreChat',
  recognizes: value =>
    isFields(value) &&
    idOf(value['conversationId']) !== null &&
    (Array.isArray(value['messages']) || Array.isArray(value['messagesTree'])),
  read(value, drop) {
    const fields = fieldsOf(value)
    const model = textOf(fieldsOf(fields['options'])['model']) || null
    const given = flat(fields['messagesTree'] ?? fields['messages'])
    const messages = given.map((message, index) => messageOf(message, { index, model, drop }))
    const hasParents = given.some(message => idOf(message['parentMessageId']) !== null)
    return conversationOf(idOf(fields['conversationId']), {
      title: textOf(fields['title']),
      createdAt: timeOf(fields['createdAt']),
      updatedAt: timeOf(fields['updatedAt']),
      messages: hasParents ? messages : inARow(messages),
    })
  },
}

/** Every message once, with nested ones too. Does not recurse, because a conversation may be long. */
function flat(messages: unknown): Fields[] {
  const found: Fields[] = []
  const waiting = [...listOf(messages)].reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const message = fieldsOf(next)
    found.push(message)
    for (const child of [...listOf(message['children'])].reverse()) waiting.push(child)
  }
  return found
}

function messageOf(
  message: Fields,
  { index, model, drop }: { index: number; model: string | null; drop: Drop },
): ImportedMessage {
  const parent = idOf(message['parentMessageId'])
  const isPerson = message['isCreatedByUser'] === true
  const blocks = listOf(message['content']).map(fieldsOf)
  const names = [...listOf(message['files']), ...listOf(message['attachments'])]
    .map(file => textOf(fieldsOf(file)['filename']))
    .filter(name => name !== '')
    .map(name => missingFile(name, drop))
  const given = blocks.length > 0 ? blocks : [{ type: 'text', text: textOf(message['text']) }]
  const parts = given.flatMap(block => partsOf(block, { isPerson, drop }))
  return {
    id: idOf(message['messageId']) ?? `#${index}`,
    parentId: parent === NO_PARENT ? null : parent,
    role: isPerson ? 'USER' : 'ASSISTANT',
    parts: [...(names.length > 0 ? [textPart(names.join('\n'))] : []), ...parts],
    createdAt: timeOf(message['createdAt']),
    model: isPerson ? null : textOf(message['model']) || model,
  }
}

function partsOf(block: Fields, { isPerson, drop }: { isPerson: boolean; drop: Drop }): ImportedPart[] {
  const type = textOf(block['type'])
  const wordsIn = (given: unknown) => textOf(given) || textOf(fieldsOf(given)['value'])
  if (type === 'text') {
    const text = wordsIn(block['text'])
    return isPerson ? [textPart(text)] : replyParts(text)
  }
  if (type === 'think') return [{ type: 'reasoning', text: wordsIn(block['think']) }]
  drop(type === 'tool_call' ? 'a call of a tool' : `content of the type ${type || '?'}`)
  return []
}

function textPart(text: string): ImportedPart {
  return { type: 'text', text }
}

/** Older versions kept the reasoning in the text, between two lines. */
function replyParts(text: string): ImportedPart[] {
  const [, reasoning, rest] = /^\s*:::thinking\n([\s\S]*?)\n:::\s*([\s\S]*)$/.exec(text) ?? []
  if (reasoning === undefined) return [textPart(text)]
  return [{ type: 'reasoning', text: reasoning }, textPart(rest ?? '')]
}
