import type { Drop, ImportedMessage, ImportedPart } from '../../server/importing/importedConversation.ts'
import { conversationOf, type Format, inARow, missingFile } from './format.ts'
import { type Fields, fieldsOf, idOf, isFields, listOf, textOf, timeOf } from './loose.ts'

/** The list of chats that Open WebUI exports to JSON. */
export const openWebui: Format = {
  title: 'Open WebUI',
  recognizes: value =>
    isFields(value) &&
    isFields(value['chat']) &&
    (isFields(value['chat']['history']) || Array.isArray(value['chat']['messages'])),
  read(value, drop) {
    const fields = fieldsOf(value)
    const chat = fieldsOf(fields['chat'])
    const history = fieldsOf(chat['history'])
    const model = textOf(listOf(chat['models'])[0]) || null
    const tree = Object.entries(fieldsOf(history['messages']))
    // The list has the open branch of the tree again.
    const row = tree.length > 0 ? [] : listOf(chat['messages'])
    const messages = tree.map(([id, message]) => messageOf(id, fieldsOf(message), { model, drop }))
    const inRow = row.map((message, index) =>
      messageOf(idOf(fieldsOf(message)['id']) ?? `#${index}`, fieldsOf(message), { model, drop }),
    )
    return conversationOf(idOf(fields['id']), {
      title: textOf(fields['title']) || textOf(chat['title']),
      archived: fields['archived'] === true,
      pinned: fields['pinned'] === true,
      createdAt: timeOf(fields['created_at']),
      updatedAt: timeOf(fields['updated_at']),
      headId: idOf(history['currentId']),
      messages: [...messages, ...inARow(inRow)],
    })
  },
}

function messageOf(
  id: string,
  message: Fields,
  { model, drop }: { model: string | null; drop: Drop },
): ImportedMessage {
  const isPerson = message['role'] === 'user'
  const isShown = isPerson || message['role'] === 'assistant'
  if (!isShown) drop('an instruction to the model')
  return {
    id,
    parentId: idOf(message['parentId']),
    role: isShown ? (isPerson ? 'USER' : 'ASSISTANT') : null,
    parts: isPerson ? questionParts(message, drop) : replyParts(message, drop),
    createdAt: timeOf(message['timestamp']),
    model: isPerson ? null : textOf(message['model']) || model,
  }
}

/** `content` is a text, or a list of texts and pictures. */
function contentOf(message: Fields, drop: Drop): string {
  if (typeof message['content'] === 'string') return message['content']
  const blocks = listOf(message['content']).map(fieldsOf)
  if (blocks.some(block => block['type'] === 'image_url')) drop('a picture')
  return blocks.map(block => textOf(block['text'])).join('')
}

function questionParts(message: Fields, drop: Drop): ImportedPart[] {
  const names: string[] = []
  const files: ImportedPart[] = []
  for (const entry of listOf(message['files']).map(fieldsOf)) {
    const file = fieldsOf(entry['file'])
    const name = textOf(entry['name']) || textOf(file['filename'])
    const text = textOf(fieldsOf(file['data'])['content'])
    if (text === '') names.push(missingFile(name, drop))
    else files.push({ type: 'file', name, text })
  }
  return [{ type: 'text', text: [...names, contentOf(message, drop)].join('\n\n') }, ...files]
}

const DETAILS = /<details type="(\w+)"[^>]*>\n?([\s\S]*?)<\/details>\n?/g

/** Reasoning and calls of tools stand inside the text, as folded blocks. */
function replyParts(message: Fields, drop: Drop): ImportedPart[] {
  const parts: ImportedPart[] = []
  const text = contentOf(message, drop).replace(DETAILS, (_, type: string, inner: string) => {
    if (type === 'reasoning') parts.push({ type: 'reasoning', text: reasoningIn(inner) })
    else drop('a call of a tool')
    return ''
  })
  parts.push({ type: 'text', text })
  for (const source of listOf(message['sources']).map(fieldsOf)) parts.push(...sourcesOf(source))
  return parts
}

function reasoningIn(inner: string): string {
  return inner
    .replace(/<summary>[\s\S]*?<\/summary>\n?/, '')
    .replace(/^(>|&gt;) ?/gm, '')
    .trim()
}

/** Documents of the server have no address of the web, so only pages become sources. */
function sourcesOf(source: Fields): ImportedPart[] {
  const pages = listOf(source['metadata']).map(fieldsOf)
  const found = [fieldsOf(source['source']), ...pages].flatMap((page): ImportedPart[] => {
    const url = [page['url'], page['source']].map(textOf).find(address => /^https?:/.test(address))
    return url === undefined
      ? []
      : [{ type: 'source', url, title: textOf(page['title']) || textOf(page['name']) }]
  })
  return [...new Map(found.map(part => ['url' in part ? part.url : '', part])).values()]
}
