import type { Drop, ImportedPart } from '../../server/importing/importedConversation.ts'
import { missingFile, withoutCitationMarks } from '../formats/format.ts'
import { fieldsOf, isFields, listOf, textOf } from '../formats/loose.ts'

/** The content of a message as apps store it: a text, or what OpenAI's old API gave, as JSON or as the text of it. */
export function partsOfContent(content: unknown, drop: Drop): ImportedPart[] {
  if (typeof content === 'string') {
    const blocks = blocksIn(content)
    return blocks ? blocks.flatMap(block => partsOfBlock(block, drop)) : [cleanedText(content, drop)]
  }
  if (Array.isArray(content)) return content.flatMap(block => partsOfBlock(block, drop))
  if (isFields(content)) return partsOfContent(content['content'] ?? content['text'] ?? '', drop)
  return []
}

/** A text that is the JSON of a list of blocks. Another text may look like JSON, and stays as it is. */
function blocksIn(text: string): unknown[] | undefined {
  if (!/^\s*\[\s*\{\s*"/.test(text)) return undefined
  try {
    const list: unknown = JSON.parse(text)
    const isBlock = (block: unknown) => TYPES.has(textOf(fieldsOf(block)['type']))
    return Array.isArray(list) && list.length > 0 && list.every(isBlock) ? list : undefined
  } catch {
    return undefined
  }
}

const TYPES = new Set(['text', 'refusal', 'image_file', 'image_url'])

function partsOfBlock(block: unknown, drop: Drop): ImportedPart[] {
  const fields = fieldsOf(block)
  switch (fields['type']) {
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
      drop(`content of the type ${textOf(fields['type']) || '?'}`)
      return []
  }
}

function cleanedText(text: string, drop: Drop): ImportedPart {
  const clean = withoutCitationMarks(text)
  if (clean !== text) drop('marks of citations, such as 【4:0†source】')
  return { type: 'text', text: clean }
}
