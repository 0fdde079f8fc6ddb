import { codeFenceFor } from '../../server/codeFence.ts'
import { MAX_TEXT } from '../../server/importing/cleanText.ts'
import type { Drop, ImportedMessage, ImportedPart } from '../../server/importing/importedConversation.ts'
import { conversationOf, type Format, missingFile, withoutCitationMarks } from './format.ts'
import { type Fields, fieldsOf, idOf, isFields, listOf, textOf, timeOf } from './loose.ts'

/** `conversations.json`, or `conversations-000.json` and so on, of an export of ChatGPT. */
export const chatgpt: Format = {
  title: 'ChatGPT',
  recognizes: value => isFields(value) && isFields(value['mapping']),
  read(value, drop) {
    const fields = fieldsOf(value)
    const model = textOf(fields['default_model_slug']) || null
    const nodes = Object.entries(fieldsOf(fields['mapping']))
    return conversationOf(idOf(fields['conversation_id']) ?? idOf(fields['id']), {
      title: textOf(fields['title']),
      archived: fields['is_archived'] === true,
      pinned: fields['is_starred'] === true || timeOf(fields['pinned_time']) !== null,
      createdAt: timeOf(fields['create_time']),
      updatedAt: timeOf(fields['update_time']),
      headId: idOf(fields['current_node']),
      messages: nodes.map(([id, node]) => messageOf(id, fieldsOf(node), { model, drop })),
    })
  },
}

function messageOf(
  id: string,
  node: Fields,
  { model, drop }: { model: string | null; drop: Drop },
): ImportedMessage {
  const message = fieldsOf(node['message'])
  const metadata = fieldsOf(message['metadata'])
  const author = textOf(fieldsOf(message['author'])['role'])
  const content = fieldsOf(message['content'])
  const role = roleOf(author, { message, metadata, content, drop })
  return {
    id,
    parentId: idOf(node['parent']),
    role,
    parts: role === null ? [] : partsOf({ content, metadata, role, drop }),
    createdAt: timeOf(message['create_time']),
    model: role === 'ASSISTANT' ? textOf(metadata['model_slug']) || model : null,
  }
}

/** `null` for what ChatGPT itself does not show as a message. */
function roleOf(
  author: string,
  { message, metadata, content, drop }: { message: Fields; metadata: Fields; content: Fields; drop: Drop },
): ImportedMessage['role'] {
  if (author === '' || author === 'system') return null
  if (metadata['is_visually_hidden_from_conversation'] === true) return null
  if (author === 'tool') {
    drop('a result of a tool')
    return null
  }
  const recipient = textOf(message['recipient'])
  if (recipient !== '' && recipient !== 'all') {
    drop('a call of a tool')
    return null
  }
  if (HIDDEN.has(textOf(content['content_type']))) return null
  return author === 'user' ? 'USER' : 'ASSISTANT'
}

/** Settings of the account, and how long the model thought. */
const HIDDEN = new Set(['user_editable_context', 'model_editable_context', 'reasoning_recap'])

function partsOf({
  content,
  metadata,
  role,
  drop,
}: {
  content: Fields
  metadata: Fields
  role: 'USER' | 'ASSISTANT'
  drop: Drop
}): ImportedPart[] {
  const type = textOf(content['content_type'])
  if (type === 'thoughts') {
    const thoughts = listOf(content['thoughts']).map(fieldsOf)
    const text = thoughts
      .map(thought => textOf(thought['content']) || textOf(thought['summary']))
      .join('\n\n')
    return [{ type: 'reasoning', text }]
  }
  if (type === 'code') {
    const code = textOf(content['text'])
    const fence = codeFenceFor(code)
    const language = textOf(content['language']).replace(/^unknown$/, '')
    return code === '' ? [] : [{ type: 'text', text: `${fence}${language}\n${code}\n${fence}` }]
  }
  const pieces = listOf(content['parts']).map(part => textOfPart(part, drop))
  const text = [...pieces, textOf(content['text'])].filter(piece => piece !== '').join('\n\n')
  if (text === '' && type !== 'text' && type !== 'multimodal_text') drop(`content of the type ${type || '?'}`)
  const files = listOf(metadata['attachments']).map(fieldsOf)
  const names = files.map(file => missingFile(textOf(file['name']), drop))
  const whole = [...names, role === 'ASSISTANT' ? withReferences(text, metadata, drop) : text]
    .join('\n\n')
    .trim()
  return [{ type: 'text', text: whole }, ...(role === 'ASSISTANT' ? sourcesOf(metadata) : [])]
}

function textOfPart(part: unknown, drop: Drop): string {
  if (typeof part === 'string') return part
  const fields = fieldsOf(part)
  const type = textOf(fields['content_type'])
  if (type === 'audio_transcription') return textOf(fields['text'])
  // The attachment of the message names the picture. A picture of the model has no name.
  if (type === 'image_asset_pointer') drop('a picture')
  else if (type !== '') drop(`content of the type ${type}`)
  return textOf(fields['text'])
}

const MARK = /\uE200[^\uE200\uE201]*\uE201/g

/** Puts back the words that a mark stands for, and removes the marks of sources. */
function withReferences(text: string, metadata: Fields, drop: Drop): string {
  const words = new Map<string, string>()
  for (const reference of listOf(metadata['content_references']).map(fieldsOf)) {
    const [mark, ...others] = textOf(reference['matched_text']).match(MARK) ?? []
    const isSource = reference['items'] !== undefined || reference['url'] !== undefined
    if (mark !== undefined && others.length === 0 && !isSource && !words.has(mark))
      words.set(mark, textOf(reference['alt']))
  }
  // A mark of three characters may stand for a long text many times.
  let room = MAX_TEXT
  const whole = text.replace(MARK, mark => {
    const found = words.get(mark) || mark
    room -= found.length
    if (room >= 0) return found
    drop('words that a mark stands for, because the text would be too long')
    return ''
  })
  return withoutCitationMarks(whole)
}

function sourcesOf(metadata: Fields): ImportedPart[] {
  const references = listOf(metadata['content_references']).map(fieldsOf)
  const candidates = [
    ...references.flatMap(reference => [reference, ...listOf(reference['items']).map(fieldsOf)]),
    ...listOf(metadata['citations']).map(citation => fieldsOf(fieldsOf(citation)['metadata'])),
  ]
  const sources = new Map<string, ImportedPart>()
  for (const candidate of candidates) {
    const url = textOf(candidate['url'])
    if (url !== '' && !sources.has(url))
      sources.set(url, { type: 'source', url, title: textOf(candidate['title']) })
  }
  return [...sources.values()]
}
