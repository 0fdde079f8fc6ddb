import { codeFenceFor } from '../../server/codeFence.ts'
import type { Drop, ImportedMessage, ImportedPart } from '../../server/importing/importedConversation.ts'
import { conversationOf, type Format, inARow, missingFile } from './format.ts'
import { type Fields, fieldsOf, idOf, isFields, listOf, textOf, timeOf } from './loose.ts'

/** The parent of a first message. */
const NO_PARENT = '00000000-0000-4000-8000-000000000000'

/** `conversations.json` of an export of Claude, or one conversation as its API gives it. */
export const claude: Format = {
  title: 'Claude',
  recognizes: value => isFields(value) && Array.isArray(value['chat_messages']),
  read(value, drop) {
    const fields = fieldsOf(value)
    const given = listOf(fields['chat_messages']).map(fieldsOf)
    const model = textOf(fields['model']) || null
    const messages = given.map((message, index) => messageOf(message, { index, model, drop }))
    // Older exports are without branches.
    const hasParents = given.some(message => idOf(message['parent_message_uuid']) !== null)
    return conversationOf(idOf(fields['uuid']), {
      title: textOf(fields['name']),
      pinned: fields['is_starred'] === true,
      createdAt: timeOf(fields['created_at']),
      updatedAt: timeOf(fields['updated_at']),
      headId: idOf(fields['current_leaf_message_uuid']),
      messages: hasParents ? messages : inARow(messages),
    })
  },
}

function messageOf(
  message: Fields,
  { index, model, drop }: { index: number; model: string | null; drop: Drop },
): ImportedMessage {
  const parent = idOf(message['parent_message_uuid'])
  const isPerson = message['sender'] === 'human'
  const parts = listOf(message['content']).flatMap(block => partsOf(fieldsOf(block), drop))
  const hasText = parts.some(part => part.type === 'text' && part.text.trim() !== '')
  // `text` has the same words, and older exports have nothing else.
  if (!hasText) parts.push({ type: 'text', text: textOf(message['text']) })
  // Long pastes are here and not in the text.
  const attachments = listOf(message['attachments']).map(fieldsOf)
  const files: ImportedPart[] = []
  const lost = listOf(message['files']).map(fieldsOf)
  for (const attachment of attachments) {
    const text = textOf(attachment['extracted_content'])
    if (text.trim() === '') lost.push(attachment)
    else files.push({ type: 'file', name: textOf(attachment['file_name']) || 'paste.txt', text })
  }
  const names = lost.map(file => missingFile(textOf(file['file_name']), drop))
  return {
    id: idOf(message['uuid']) ?? `#${index}`,
    parentId: parent === NO_PARENT ? null : parent,
    role: isPerson ? 'USER' : 'ASSISTANT',
    parts: [...(names.length > 0 ? [textPart(names.join('\n'))] : []), ...parts, ...files],
    createdAt: timeOf(message['created_at']),
    model: isPerson ? null : model,
  }
}

function textPart(text: string): ImportedPart {
  return { type: 'text', text }
}

function partsOf(block: Fields, drop: Drop): ImportedPart[] {
  switch (block['type']) {
    case 'text': {
      const citations = listOf(block['citations']).map(fieldsOf)
      return [textPart(textOf(block['text'])), ...citations.flatMap(citation => sourceOf(citation))]
    }
    case 'thinking':
      return [{ type: 'reasoning', text: textOf(block['thinking']) }]
    case 'tool_use':
      if (block['name'] === 'artifacts') return artifactOf(fieldsOf(block['input']))
      drop('a call of a tool')
      return []
    case 'tool_result':
      drop('a result of a tool')
      return []
    default:
      drop(`content of the type ${textOf(block['type']) || '?'}`)
      return []
  }
}

function sourceOf(citation: Fields): ImportedPart[] {
  const url = textOf(citation['url']) || textOf(fieldsOf(citation['details'])['url'])
  return url === '' ? [] : [{ type: 'source', url, title: textOf(citation['title']) }]
}

/** A document that Claude wrote beside its reply. */
function artifactOf(input: Fields): ImportedPart[] {
  const content = textOf(input['content']) || textOf(input['new_str'])
  if (content === '') return []
  const title = textOf(input['title'])
  const fence = codeFenceFor(content)
  const language = textOf(input['language'])
  return [textPart(`${title === '' ? '' : `**${title}**\n\n`}${fence}${language}\n${content}\n${fence}`)]
}
