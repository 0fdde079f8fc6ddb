import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import type { ToolAnswer } from '../../generation/tools.ts'

/** What a model reads of the answer of a tool. Whatever is no text is told in words. */
export function answerOf({ content, structuredContent, isError }: CallToolResult): ToolAnswer {
  const texts = content.map(textOf)
  // A tool that answers with data says the same as text, unless it is new.
  const hasText = content.some(({ type }) => type === 'text' || type === 'resource')
  if (!hasText && structuredContent !== undefined) texts.push(JSON.stringify(structuredContent))
  return { content: texts.join('\n\n'), ...(isError && { isError }) }
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

/** Of what is written as Base64. */
function sizeOf(base64: string): string {
  const bytes = Math.floor((base64.length * 3) / 4)
  return bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`
}
