import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import type { Part } from '../../../protocol/parts.ts'
import type { SharedMessage } from '../../../protocol/responses.ts'
import type { Passages } from '../../markdown/documentContext.ts'
import { Summary } from '../controls/summary.tsx'
import { Parts } from './parts.tsx'
import { passageUrl } from './passages.ts'
import { StoredFileLink } from './storedFileLink.tsx'

interface SharedMessagesProps {
  messages: readonly SharedMessage[]
  /** Who wrote the replies. */
  name: string
  /** Where a file is. If absent, only its name is shown. */
  urlOfFile?: (fileId: string) => string
}

type UrlOfFile = SharedMessagesProps['urlOfFile']

/** The messages of a conversation for reading alone. */
export function SharedMessages({ messages, name, urlOfFile }: SharedMessagesProps) {
  return (
    <ol className="mt-8 space-y-6">
      {messages.map(message => (
        <Message key={message.id} message={message} name={name} urlOfFile={urlOfFile} />
      ))}
    </ol>
  )
}

interface MessageProps {
  message: SharedMessage
  name: string
  urlOfFile: UrlOfFile
}

function Message({ message: { role, parts, timing }, name, urlOfFile }: MessageProps) {
  const t = useTranslations()
  const passages = useMemo<Passages | null>(
    () => (urlOfFile ? { urlOf: source => passageUrl(source, urlOfFile) } : null),
    [urlOfFile],
  )
  if (role === 'ASSISTANT') {
    return (
      <li>
        <h2 className="mb-1 font-semibold text-sm">
          <span className="sr-only">{t('shared.assistantSaid')}: </span>
          {name}
        </h2>
        <Parts parts={parts} isStreaming={false} timing={timing} passages={passages} />
      </li>
    )
  }
  return (
    <li className="flex flex-col items-end gap-2">
      <h2 className="sr-only">{t('shared.personSaid')}</h2>
      {parts.map(part => (
        <UserPart key={part.id} part={part} urlOfFile={urlOfFile} />
      ))}
    </li>
  )
}

function UserPart({ part, urlOfFile }: { part: Part; urlOfFile: UrlOfFile }) {
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
      if (urlOfFile) return <StoredFileLink file={part} url={urlOfFile(part.fileId)} />
      return (
        <p dir="auto" className={`${bubble} break-words`}>
          {part.name}
        </p>
      )
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
