import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import type { ToolAnswer, ToolFile } from '../../generation/tools.ts'

/** What a model reads of the answer of a tool, and what is no text. That is also told in words. */
export function answerOf({ content, structuredContent, isError }: CallToolResult): ToolAnswer {
  const texts = content.map(textOf)
  // A tool that answers with data says the same as text, unless it is new.
  const hasText = content.some(({ type }) => type === 'text' || type === 'resource')
  if (!hasText && structuredContent !== undefined) texts.push(JSON.stringify(structuredContent))
  const files = content.flatMap(filesOf)
  return {
    content: texts.join('\n\n'),
    ...(files.length > 0 && { files }),
    ...(isError && { isError }),
  }
}

function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return `[${block.type}, ${sizeOf(block.data)}]`
    case 'resource_link':
      return `[${block.title ?? block.name}: ${block.uri}]`
    case 'resource':
      return 'text' in block.resource
        ? block.resource.text
        : `[file ${block.resource.uri}, ${sizeOf(block.resource.blob)}]`
  }
}

function filesOf(block: ContentBlock): ToolFile[] {
  switch (block.type) {
    case 'image':
    case 'audio':
      return [{ bytes: block.data }]
    case 'resource':
      return 'blob' in block.resource
        ? [{ name: lastOf(block.resource.uri), bytes: block.resource.blob }]
        : []
    case 'text':
    case 'resource_link':
      return []
  }
}

/** The name at the end of an address. */
function lastOf(uri: string): string {
  const path = uri.replace(/[?#].*$/, '')
  const last = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}

/** Of what is written as Base64. */
function sizeOf(base64: string): string {
  const bytes = Math.floor((base64.length * 3) / 4)
  return bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`
}
