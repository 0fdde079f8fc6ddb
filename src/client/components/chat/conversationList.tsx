import { SquarePen } from 'lucide-react'
import type { MouseEvent } from 'react'
import { type DateTimeFormatOptions, useFormatter, useTranslations } from 'use-intl'
import type { Conversation } from '../../../protocol/responses.ts'
import { conversationPath } from '../../browser.ts'
import type { ChatClient } from '../../chatClient.ts'
import type { ConversationList as List } from '../../chatState.ts'
import { Button } from './button.tsx'
import { ConversationMenu } from './conversationMenu.tsx'

interface ConversationListProps {
  client: ChatClient
  list: List
  currentId: string | null
  onChoose(): void
}

/** The owner's conversations, newest first. */
export function ConversationList({ client, list, currentId, onChoose }: ConversationListProps) {
  const t = useTranslations()
  const choose = (conversationId: string | null) => (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    client.open(conversationId)
    onChoose()
  }
  return (
    <div className="flex h-full flex-col">
      <p className="flex h-14 shrink-0 items-center px-5 font-semibold">{t('app.name')}</p>
      <div className="px-3 pb-3">
        <a
          href={conversationPath(null)}
          onClick={choose(null)}
          className="flex h-10 items-center gap-2 rounded-lg border border-line bg-surface px-3 font-medium hover:bg-subtle"
        >
          <SquarePen aria-hidden className="size-4" />
          {t('list.start')}
        </a>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
        <ul aria-busy={list.status === 'loading'}>
          {list.conversations.map(conversation => (
            <Item
              key={conversation.id}
              client={client}
              conversation={conversation}
              isCurrent={conversation.id === currentId}
              onClick={choose(conversation.id)}
            />
          ))}
        </ul>
        <Rest client={client} list={list} />
      </div>
    </div>
  )
}

function Rest({ client, list }: { client: ChatClient; list: List }) {
  const t = useTranslations()
  const note = 'px-2 py-3 text-muted text-sm'
  if (list.status === 'loading') return <p className={note}>{t('list.loading')}</p>
  if (list.status === 'failed') {
    return (
      <div className={note}>
        <p>{t('list.failed')}</p>
        <Button shape="secondary" className="mt-3" onClick={client.refresh}>
          {t('list.again')}
        </Button>
      </div>
    )
  }
  if (list.conversations.length === 0) return <p className={note}>{t('list.empty')}</p>
  if (list.nextCursor === null) return null
  return (
    <Button shape="quiet" className="mt-1 w-full" onClick={client.loadMore}>
      {t('list.more')}
    </Button>
  )
}

interface ItemProps {
  client: ChatClient
  conversation: Conversation
  isCurrent: boolean
  onClick(event: MouseEvent): void
}

function Item({ client, conversation, isCurrent, onClick }: ItemProps) {
  const t = useTranslations()
  return (
    <li className={`flex items-center rounded-lg ${isCurrent ? 'bg-accent-soft' : 'hover:bg-subtle'}`}>
      <a
        href={conversationPath(conversation.id)}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={onClick}
        className="min-w-0 flex-1 rounded-lg px-3 py-2"
      >
        <span className="block truncate text-sm">{conversation.title || t('list.untitled')}</span>
        <span className="flex gap-2 text-muted text-xs">
          <When time={conversation.updatedAt} />
          {conversation.status === 'CLOSED' && <span>{t('list.closed')}</span>}
        </span>
      </a>
      <ConversationMenu client={client} conversation={conversation} />
    </li>
  )
}

/** The hour for today, the day for this year, the whole date before. `time` in milliseconds since 1970. */
function When({ time }: { time: number }) {
  const format = useFormatter()
  const date = new Date(time)
  const shown = format.dateTime(date, formatOf(date, new Date()))
  return <time dateTime={date.toISOString()}>{shown}</time>
}

function formatOf(date: Date, now: Date): DateTimeFormatOptions {
  if (date.toDateString() === now.toDateString()) return { hour: 'numeric', minute: '2-digit' }
  const isThisYear = date.getFullYear() === now.getFullYear()
  return { day: 'numeric', month: 'short', ...(!isThisYear && { year: 'numeric' }) }
}
