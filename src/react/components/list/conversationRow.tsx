import { CalendarX2, LockKeyhole, Pin } from 'lucide-react'
import type { MouseEvent } from 'react'
import { useTranslations } from 'use-intl'
import { conversationPath } from '../../../browser/pagePaths.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { ConversationMenu } from './conversationMenu.tsx'
import { ListLink } from './listLink.tsx'
import { useExpiryDate } from './useExpiryDate.ts'

interface ConversationRowProps {
  client: ChatClient
  conversation: Conversation
  isCurrent: boolean
  /** A reply is being written in it. */
  isBusy: boolean
  /** A reply ended in it that was not on the screen. */
  isUnread: boolean
  onChoose(): void
}

export function ConversationRow(props: ConversationRowProps) {
  const { client, conversation, isCurrent, isBusy, isUnread, onChoose } = props
  const t = useTranslations()
  const expiryDate = useExpiryDate(conversation)
  const choose = (event: MouseEvent) => {
    if (isForNewTab(event)) return
    event.preventDefault()
    client.open(conversation.id)
    onChoose()
  }
  return (
    <li
      className={`group flex items-center rounded-lg ${isCurrent ? 'bg-accent-soft' : 'focus-within:bg-subtle hover:bg-subtle'}`}
    >
      <ListLink
        href={conversationPath(conversation.id)}
        data-row={conversation.id}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={choose}
        className="flex min-h-10 min-w-0 flex-1 items-center gap-2 rounded-lg py-1.5 pr-1 pl-3 text-sm pointer-coarse:min-h-11"
      >
        {conversation.pinned && <Pin aria-hidden className="size-3.5 shrink-0 text-muted" />}
        <span dir="auto" className={`min-w-0 truncate ${isUnread ? 'font-semibold' : ''}`}>
          {conversation.title || t('list.untitled')}
        </span>
        {conversation.status === 'CLOSED' && (
          <span className="shrink-0 text-muted">
            <LockKeyhole aria-hidden className="size-3.5" />
            <span className="sr-only">{t('list.closed')}</span>
          </span>
        )}
        {expiryDate !== null && (
          <span className="shrink-0 text-muted" title={t('retention.row', { date: expiryDate })}>
            <CalendarX2 aria-hidden className="size-3.5" />
            <span className="sr-only">{t('retention.row', { date: expiryDate })}</span>
          </span>
        )}
        {isUnread && !isBusy && (
          <span className="shrink-0">
            <span aria-hidden className="block size-2 rounded-full border-2 border-accent" />
            <span className="sr-only">{t('list.unread')}</span>
          </span>
        )}
        {isBusy && (
          <span className="shrink-0">
            <span aria-hidden className="block size-2 rounded-full bg-accent" />
            <span className="sr-only">{t('list.writing')}</span>
          </span>
        )}
      </ListLink>
      <span className="pointer-fine:opacity-0 transition-opacity focus-within:opacity-100 group-focus-within:opacity-100 group-hover:opacity-100 has-aria-expanded:opacity-100">
        <ConversationMenu client={client} conversation={conversation} />
      </span>
    </li>
  )
}

/** Whether a click on a link asks the browser for another tab or window. */
export function isForNewTab(event: MouseEvent): boolean {
  return event.metaKey || event.ctrlKey || event.shiftKey
}
