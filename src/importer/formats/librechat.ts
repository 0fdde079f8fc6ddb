import type { Drop, ImportedMessage, ImportedPart } from '../../server/importing/importedConversation.ts'
import { conversationOf, type Format, missingFile } from './format.ts'
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
    const messages = flat(fields['messagesTree'] ?? fields['messages']).map((message, index) =>
      messageOf(message, { index, model, drop }),
    )
    return conversationOf(idOf(fields['conversationId']), {
      title: textOf(fields['title']),
      createdAt: timeOf(fields['createdAt']),
      updatedAt: timeOf(fields['updatedAt']),
      messages,
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
  const parts =
    blocks.length > 0 ? blocks.flatMap(block => partsOf(block, drop)) : textParts(textOf(message['text']))
  return {
    id: idOf(message['messageId']) ?? `#${index}`,
    parentId: parent === NO_PARENT ? null : parent,
    role: isPerson ? 'USER' : 'ASSISTANT',
    parts: [...(names.length > 0 ? textParts(`${names.join('\n')}\n\n`) : []), ...parts],
    createdAt: timeOf(message['createdAt']),
    model: isPerson ? null : textOf(message['model']) || model,
  }
}

function partsOf(block: Fields, drop: Drop): ImportedPart[] {
  const type = textOf(block['type'])
  const wordsIn = (given: unknown) => textOf(given) || textOf(fieldsOf(given)['value'])
  if (type === 'text') return textParts(wordsIn(block['text']))
  if (type === 'think') return [{ type: 'reasoning', text: wordsIn(block['think']) }]
  drop(type === 'tool_call' ? 'a call of a tool' : `content of the type ${type || '?'}`)
  return []
}

/** Older versions kept the reasoning in the text, between two lines. */
function textParts(text: string): ImportedPart[] {
  const [, reasoning, rest] = /^\s*:::thinking\n([\s\S]*?)\n:::\s*([\s\S]*)$/.exec(text) ?? []
  if (reasoning === undefined) return [{ type: 'text', text }]
  return [
    { type: 'reasoning', text: reasoning },
    { type: 'text', text: rest ?? '' },
  ]
}
