import type { Drop, ImportedPart } from '../../server/importing/importedConversation.ts'
import { missingFile, withoutCitationMarks } from '../formats/format.ts'
import { fieldsOf, isFields, listOf, textOf } from '../formats/loose.ts'

/**
 * The content of a message as apps store it: a text, or what OpenAI's old API gave, as JSON or as the text of it, or the
 * parts of the AI SDK.
 */
export function partsOfContent(content: unknown, drop: Drop): ImportedPart[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') {
    const blocks = blocksIn(content)
    return blocks ? blocks.flatMap(block => partsOfBlock(block, drop)) : [cleanedText(content, drop)]
  }
  if (Array.isArray(content)) return content.flatMap(block => partsOfBlock(block, drop))
  if (content instanceof Uint8Array) return partsOfBytes(content, drop)
  if (!isFields(content)) return [{ type: 'text', text: String(content) }]
  const inner = content['content'] ?? content['parts'] ?? content['text']
  if (inner === undefined) drop('content of a shape that is not known')
  return partsOfContent(inner, drop)
}

/** Some apps store a text in a column of bytes. */
function partsOfBytes(bytes: Uint8Array, drop: Drop): ImportedPart[] {
  try {
    return partsOfContent(new TextDecoder('utf-8', { fatal: true }).decode(bytes), drop)
  } catch {
    drop('content that is no text')
    return []
  }
}

/** A text that is the JSON of a list of blocks. Another text may look like JSON, and stays as it is. */
function blocksIn(text: string): unknown[] | undefined {
  if (!/^\s*\[\s*\{\s*"/.test(text)) return undefined
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.length > 0 && list.every(isBlock) ? list : undefined
  } catch {
    return undefined
  }
}

/** Whether it has the field of its type. */
function isBlock(block: unknown): boolean {
  const { type, text, refusal, image_file, image_url } = fieldsOf(block)
  switch (type) {
    case 'text':
      return typeof text === 'string' || typeof fieldsOf(text)['value'] === 'string'
    case 'refusal':
      return typeof refusal === 'string'
    case 'image_file':
      return typeof fieldsOf(image_file)['file_id'] === 'string'
    case 'image_url':
      return typeof image_url === 'string' || typeof fieldsOf(image_url)['url'] === 'string'
    default:
      return false
  }
}

/** Marks of how a reply of the AI SDK came to be. They have no words. */
const WORDLESS = new Set(['step-start'])

function partsOfBlock(block: unknown, drop: Drop): ImportedPart[] {
  if (typeof block === 'string') return [cleanedText(block, drop)]
  const fields = fieldsOf(block)
  const type = textOf(fields['type'])
  if (WORDLESS.has(type)) return []
  if (type === 'reasoning' && textOf(fields['text']) !== '')
    return [{ type: 'reasoning', text: textOf(fields['text']) }]
  if (!isBlock(block)) {
    drop(`content of the type ${type || '?'}`)
    return []
  }
  switch (type) {
    case 'text': {
      const inner = fieldsOf(fields['text'])
      const annotations = listOf(inner['annotations']).map(fieldsOf)
      const sources = annotations.flatMap((annotation): ImportedPart[] => {
        const { url, title } = fieldsOf(annotation['url_citation'])
        return textOf(url) === '' ? [] : [{ type: 'source', url: textOf(url), title: textOf(title) }]
      })
      return [cleanedText(textOf(fields['text']) || textOf(inner['value']), drop), ...sources]
    }
    case 'refusal':
      return [{ type: 'refusal', text: textOf(fields['refusal']) }]
    case 'image_file':
      return [{ type: 'text', text: missingFile(textOf(fieldsOf(fields['image_file'])['file_id']), drop) }]
    default:
      drop('a picture')
      return []
  }
}

function cleanedText(text: string, drop: Drop): ImportedPart {
  const clean = withoutCitationMarks(text)
  if (clean !== text) drop('marks of citations, such as 【4:0†source】')
  return { type: 'text', text: clean }
}
