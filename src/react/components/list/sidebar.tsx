import { SquarePen } from 'lucide-react'
import { type KeyboardEvent, type MouseEvent, useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { conversationPath } from '../../../browser/pagePaths.ts'
import type { Failure } from '../../../client/api.ts'
import type { ChatState } from '../../../client/chat/chatState.ts'
import { useSurface } from '../../surface.ts'
import { FailureNotice } from '../chat/notices.tsx'
import { UndoNotices } from '../chat/undoNotices.tsx'
import { isComposing } from '../controls/isComposing.ts'
import { useShortcutTip } from '../controls/keyboard.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'
import { Logo } from '../logo.tsx'
import { isForNewTab } from './conversationRow.tsx'
import { GroupedRows, type GroupedRowsProps } from './groupedRows.tsx'
import { ListFoot } from './listFoot.tsx'
import { ListLink } from './listLink.tsx'
import { SearchField } from './searchField.tsx'

const results = partSource(() => import('./searchResults.tsx').then(({ SearchResults }) => SearchResults))

interface SidebarProps extends GroupedRowsProps {
  removed: ChatState['removed']
  notice: ChatState['notice']
  query: string
  onQuery(query: string): void
  /** It is the drawer of a small screen, and covers the notices of the page. */
  isDrawer?: boolean
}

/** The list of conversations, or what a search finds in them. */
export function Sidebar(props: SidebarProps) {
  const { client, query, onQuery, onChoose, isDrawer = false } = props
  const endSearch = useCallback(
    (failure: Failure) => {
      onQuery('')
      client.setNotice(failure)
    },
    [client, onQuery],
  )
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only arrow keys from the elements within it
    <div className="flex h-full flex-col" data-list onKeyDown={walk}>
      <ListHead {...props} />
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-3 pb-4">
        {query.trim() === '' ? (
          <GroupedRows {...props} />
        ) : (
          <LazyPart
            source={results}
            props={{ client, query, listed: props.list.conversations, onChoose }}
            onMissing={endSearch}
          />
        )}
      </div>
      {isDrawer && (
        <>
          <div className="shrink-0 px-3">
            <FailureNotice client={client} notice={props.notice} />
          </div>
          <UndoNotices client={client} removed={props.removed} />
        </>
      )}
      <ListFoot client={client} list={props.list} />
    </div>
  )
}

/** The way to a new conversation, and the search field. */
function ListHead({ client, query, onQuery, onChoose, isDrawer = false }: SidebarProps) {
  const t = useTranslations()
  const tip = useShortcutTip()
  const { isOwnPage } = useSurface()
  const start = (event: MouseEvent) => {
    if (isForNewTab(event)) return
    event.preventDefault()
    client.open(null)
    onChoose()
  }
  return (
    <>
      {isOwnPage && (
        <div className="flex h-14 shrink-0 items-center gap-2 px-4">
          <Logo className="size-6" />
          <p className="font-semibold">{t('app.name')}</p>
        </div>
      )}
      <div
        className={`flex shrink-0 flex-col gap-2 px-3 pb-2 ${isOwnPage ? '' : isDrawer ? 'pt-14' : 'pt-3'}`}
      >
        <ListLink
          href={conversationPath(null)}
          data-start
          {...tip('start')}
          onClick={start}
          className="flex h-11 items-center gap-2 rounded-lg border border-line bg-surface px-3 font-medium hover:bg-subtle"
        >
          <SquarePen aria-hidden className="size-4" />
          {t('list.start')}
        </ListLink>
        <SearchField query={query} onQuery={onQuery} onNear={results.preload} />
      </div>
    </>
  )
}

/** The arrow keys move the focus from the search field through the rows below it, and back. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const places = event.currentTarget.querySelectorAll<HTMLElement>(
    'input[data-search], [data-row], [data-hit]',
  )
  const index = [...places].indexOf(event.target as HTMLElement)
  const next = places[index + step]
  if (step === 0 || index < 0 || !next || isComposing(event.nativeEvent)) return
  event.preventDefault()
  next.focus()
}
