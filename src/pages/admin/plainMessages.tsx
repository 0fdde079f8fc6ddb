import { useTranslations } from 'use-intl'
import type { Part } from '../../protocol/parts.ts'
import type { SharedMessage } from '../../protocol/responses.ts'
import { searchWords } from '../../protocol/searches.ts'

/**
 * The messages of a conversation as they are stored. What draws Markdown, formulas and diagrams is many times what these pages
 * have, and would be in the package twice.
 */
export function PlainMessages({ messages, name }: { messages: readonly SharedMessage[]; name: string }) {
  const t = useTranslations()
  return (
    <ol className="mt-4 space-y-4">
      {messages.map(({ id, role, parts }) => (
        <li key={id}>
          <h4 className="font-semibold text-sm">{role === 'USER' ? t('shared.personSaid') : name}</h4>
          {parts.map(part => (
            <p key={part.id} dir="auto" className="whitespace-pre-wrap break-words">
              {plainTextOf(part)}
            </p>
          ))}
        </li>
      ))}
    </ol>
  )
}

function plainTextOf(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return part.text
    case 'file':
      return `${part.name}\n${part.text}`
    case 'image':
    case 'document':
      return `[${part.name}]`
    case 'source':
      return `${part.title} ${part.url}`
    case 'suggestions':
      return part.questions.join('\n')
    case 'tool':
      return [part.title ?? part.tool, part.arguments, part.content].filter(Boolean).join('\n')
    case 'search':
      return searchWords(part).join('\n')
    case 'break':
      return '…'
    default:
      part satisfies never
      return ''
  }
}
