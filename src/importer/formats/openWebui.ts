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

const [OPENING, CLOSING] = ['<details type="', '</details>']

/** Reasoning and calls of tools stand inside the text, as folded blocks. */
function replyParts(message: Fields, drop: Drop): ImportedPart[] {
  const parts: ImportedPart[] = []
  const { text, folded } = unfold(contentOf(message, drop))
  for (const { type, inner } of folded)
    if (type === 'reasoning') parts.push({ type: 'reasoning', text: reasoningIn(inner) })
    else drop('a call of a tool')
  parts.push({ type: 'text', text })
  for (const source of listOf(message['sources']).map(fieldsOf)) parts.push(...sourcesOf(source))
  return parts
}

/** Takes the folded blocks out of a text, in one pass: a pattern would look for the end of each opening again. */
function unfold(text: string): { text: string; folded: { type: string; inner: string }[] } {
  const folded: { type: string; inner: string }[] = []
  const type = /\w+(?=")/y
  let rest = ''
  let from = 0
  for (let at = text.indexOf(OPENING); at >= 0; at = text.indexOf(OPENING, at + 1)) {
    type.lastIndex = at + OPENING.length
    const [found] = type.exec(text) ?? []
    if (found === undefined) continue
    const opened = text.indexOf('>', at)
    const closed = opened < 0 ? -1 : text.indexOf(CLOSING, opened)
    if (closed < 0) break
    folded.push({ type: found, inner: text.slice(opened + 1, closed) })
    rest += text.slice(from, at)
    from = closed + CLOSING.length
    if (text[from] === '\n') from += 1
    at = from - 1
  }
  return { text: rest + text.slice(from), folded }
}

function reasoningIn(inner: string): string {
  const from = inner.indexOf('<summary>')
  const to = inner.indexOf('</summary>', from)
  const text = from >= 0 && to >= 0 ? inner.slice(0, from) + inner.slice(to + '</summary>'.length) : inner
  // Newer versions escape all of it, and then no such character is left.
  const isEscaped = !/[<>"']/.test(text)
  return (isEscaped ? unescaped(text) : text).replace(/^> ?/gm, '').trim()
}

const CHARACTERS: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&#39;': "'",
}

function unescaped(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#x27|#39);/g, found => CHARACTERS[found] ?? found)
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
