import { ArrowLeft } from 'lucide-react'
import { type MouseEvent, useId, useMemo } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { ConversationList } from '../../../client/chat/chatState.ts'
import {
  type ConversationGroup,
  groupConversations,
} from '../../../client/chat/conversations/conversationGroups.ts'
import { Button } from '../controls/button.tsx'
import { useFocusAdded } from '../controls/useFocusAdded.ts'
import { ConversationRow } from './conversationRow.tsx'

/** Widths in percent of the bars that stand for rows while the list is read. */
const SKELETON = [70, 45, 85, 60, 75, 50]

export interface GroupedRowsProps {
  client: ChatClient
  list: ConversationList
  currentId: string | null
  /** The conversations in which a reply is being written, as far as this tab knows. */
  busyIds: readonly string[]
  unread: readonly string[]
  /** A person chose a conversation. */
  onChoose(): void
}

/** The conversations under the headings of their days, or the archived ones with a way back. */
export function GroupedRows(props: GroupedRowsProps) {
  const { client, list, currentId, busyIds, unread, onChoose } = props
  const prefix = useId()
  const noteMore = useFocusAdded('[data-row]', list.nextCursor)
  const groups = useMemo(() => groupConversations(list.conversations, new Date()), [list.conversations])
  return (
    <div aria-busy={list.status === 'loading'}>
      {list.archived && <ArchivedHead client={client} />}
      {groups.map(group => (
        <section key={group.id} aria-labelledby={`${prefix}${group.id}`}>
          <GroupHeading id={`${prefix}${group.id}`} heading={group.heading} />
          <ul className="space-y-px">
            {group.conversations.map(conversation => (
              <ConversationRow
                key={conversation.id}
                client={client}
                conversation={conversation}
                isCurrent={conversation.id === currentId}
                isBusy={busyIds.includes(conversation.id)}
                isUnread={unread.includes(conversation.id)}
                onChoose={onChoose}
              />
            ))}
          </ul>
        </section>
      ))}
      <Rest client={client} list={list} noteMore={noteMore} />
    </div>
  )
}

function GroupHeading({ id, heading }: Pick<ConversationGroup, 'id' | 'heading'>) {
  const t = useTranslations()
  const format = useFormatter()
  const names = {
    pinned: t('list.pinned'),
    today: t('list.today'),
    yesterday: t('list.yesterday'),
    week: t('list.week'),
  }
  const name =
    typeof heading === 'string'
      ? names[heading]
      : format.dateTime(heading.month, { month: 'long', year: 'numeric' })
  return (
    <h2 id={id} className="px-3 pt-4 pb-1 font-medium text-muted text-xs first-letter:uppercase">
      {name}
    </h2>
  )
}

function ArchivedHead({ client }: { client: ChatClient }) {
  const t = useTranslations()
  const goBack = (event: MouseEvent) => {
    const toggle = event.currentTarget.closest('[data-list]')?.querySelector('[data-archived]')
    if (toggle instanceof HTMLElement) toggle.focus()
    client.showArchived(false)
  }
  return (
    <div className="pt-2">
      <Button shape="quiet" className="-ml-1" onClick={goBack}>
        <ArrowLeft aria-hidden className="size-4" />
        {t('list.back')}
      </Button>
      <p className="px-3 pt-2 font-semibold">{t('list.archived')}</p>
    </div>
  )
}

interface RestProps {
  client: ChatClient
  list: ConversationList
  noteMore(event: MouseEvent<HTMLElement>): void
}

function Rest({ client, list, noteMore }: RestProps) {
  const t = useTranslations()
  const more = (event: MouseEvent<HTMLElement>) => {
    noteMore(event)
    client.loadMore()
  }
  const note = 'px-3 py-3 text-muted text-sm'
  if (list.status === 'loading') return <Skeleton />
  if (list.status === 'failed') {
    return (
      <div className={note} role="alert">
        <p>{t('list.failed')}</p>
        <Button shape="secondary" className="mt-3" onClick={client.refresh}>
          {t('list.again')}
        </Button>
      </div>
    )
  }
  if (list.conversations.length === 0) {
    return <p className={note}>{list.archived ? t('list.noArchived') : t('list.empty')}</p>
  }
  if (list.nextCursor === null) return null
  return (
    <Button shape="quiet" className="mt-1 w-full" onClick={more}>
      {t('list.more')}
    </Button>
  )
}

function Skeleton() {
  const t = useTranslations()
  return (
    <div className="pt-4">
      <p className="sr-only">{t('list.loading')}</p>
      {SKELETON.map(width => (
        <div key={width} aria-hidden className="flex h-10 items-center px-3">
          <div className="h-3.5 rounded bg-subtle motion-safe:animate-pulse" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  )
}
