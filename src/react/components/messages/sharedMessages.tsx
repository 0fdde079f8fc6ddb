import { useTranslations } from 'use-intl'
import type { Part } from '../../../protocol/parts.ts'
import type { SharedMessage } from '../../../protocol/responses.ts'
import { Summary } from '../controls/summary.tsx'
import { Parts } from './parts.tsx'
import { StoredFileView } from './storedFileView.tsx'

interface SharedMessagesProps {
  messages: readonly SharedMessage[]
  /** Who wrote the replies. */
  name: string
}

/** The messages of a conversation for reading alone. */
export function SharedMessages({ messages, name }: SharedMessagesProps) {
  return (
    <ol className="mt-8 space-y-6">
      {messages.map(message => (
        <Message key={message.id} message={message} name={name} />
      ))}
    </ol>
  )
}

interface MessageProps {
  message: SharedMessage
  name: string
}

function Message({ message: { role, parts, timing }, name }: MessageProps) {
  const t = useTranslations()
  if (role === 'ASSISTANT') {
    return (
      <li>
        <h2 className="mb-1 font-semibold text-sm">
          <span className="sr-only">{t('shared.assistantSaid')}: </span>
          {name}
        </h2>
        <Parts parts={parts} isStreaming={false} timing={timing} />
      </li>
    )
  }
  return (
    <li className="flex flex-col items-end gap-2">
      <h2 className="sr-only">{t('shared.personSaid')}</h2>
      {parts.map(part => (
        <UserPart key={part.id} part={part} />
      ))}
    </li>
  )
}

function UserPart({ part }: { part: Part }) {
  const bubble = 'max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5'
  switch (part.type) {
    case 'text':
      return (
        <p dir="auto" className={`${bubble} whitespace-pre-wrap break-words`}>
          {part.text}
        </p>
      )
    case 'file':
      return (
        <details className={bubble}>
          <Summary className="-mx-4 -my-2.5 rounded-2xl px-4 py-2.5">
            <span dir="auto" className="min-w-0 break-words">
              {part.name}
            </span>
          </Summary>
          <p dir="auto" className="mt-2 whitespace-pre-wrap break-words text-sm">
            {part.text}
          </p>
        </details>
      )
    case 'image':
    case 'document':
      return <StoredFileView file={part} />
    case 'refusal':
    case 'reasoning':
    case 'source':
    case 'suggestions':
    case 'tool':
    case 'break':
      // No person writes these.
      return null
    default:
      part satisfies never
      return null
  }
}
