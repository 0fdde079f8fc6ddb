import { type MouseEvent, useEffect, useId, useMemo, useState, useSyncExternalStore } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { conversationPath } from '../../../browser/pagePaths.ts'
import { seekWords } from '../../../browser/searchHighlights.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import {
  groupHits,
  type HitGroup,
  type Search,
  type SearchState,
} from '../../../client/chat/conversations/search.ts'
import type { Conversation, SearchHit } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { useFocusAdded } from '../controls/useFocusAdded.ts'
import { isForNewTab } from './conversationRow.tsx'
import { ListLink } from './listLink.tsx'

const HIT = 'rounded-lg px-3 py-2 text-sm hover:bg-subtle focus-visible:bg-subtle'

interface SearchResultsProps {
  client: ChatClient
  query: string
  /** The list. If it changes, the results are read again, because one of them may be renamed or gone. */
  listed: readonly Conversation[]
  onChoose(): void
}

/** The messages that have the words of `query`, by conversation. Above them, the conversations whose titles match. */
export function SearchResults({ client, query, listed, onChoose }: SearchResultsProps) {
  const { search, state } = useSearch({ client, query, listed })
  const groups = useMemo(() => groupHits(state.hits), [state.hits])
  const titled = state.conversations.filter(({ id }) => !groups.some(group => group.conversationId === id))
  const choose = (conversationId: string, messageId?: string) => (event: MouseEvent) => {
    if (isForNewTab(event)) return
    event.preventDefault()
    client.open(conversationId, messageId === undefined ? undefined : { messageId })
    onChoose()
  }
  return (
    <div aria-busy={state.status === 'searching'}>
      <Outcome state={state} count={titled.length + state.hits.length} onAgain={search.again} />
      {titled.length > 0 && <Titled conversations={titled} choose={choose} />}
      {groups.map(group => (
        <Group key={group.conversationId} group={group} choose={choose} />
      ))}
      <More search={search} state={state} />
    </div>
  )
}

function useSearch(props: Omit<SearchResultsProps, 'onChoose'>): { search: Search; state: SearchState } {
  const { client, query, listed } = props
  const [search] = useState(client.createSearch)
  const state = useSyncExternalStore(search.subscribe, search.getState)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list means that a conversation was deleted or renamed
  useEffect(() => search.refresh(), [search, listed])
  useEffect(() => search.ask(query), [search, query])
  useEffect(() => search.stop, [search])
  return { search, state }
}

/** The state of the search, for screen readers too. */
function Outcome({ state, count, onAgain }: { state: SearchState; count: number; onAgain(): void }) {
  const t = useTranslations()
  const isNone = state.status === 'ready' && count === 0
  const found =
    state.nextCursor === null ? t('search.results', { count }) : t('search.resultsSoFar', { count })
  return (
    <div className="px-3 pt-3 text-muted text-sm">
      <p role="status" className="min-h-6">
        {state.status === 'searching' && t('search.searching')}
        {state.status === 'ready' && count > 0 && found}
        {isNone && t('search.none', { query: state.query.trim() })}
      </p>
      {isNone && <p className="mt-1">{t('search.noneBody')}</p>}
      {state.status === 'failed' && (
        <div role="alert">
          <p>{t('search.failed')}</p>
          <Button shape="secondary" className="mt-3" onClick={onAgain}>
            {t('search.again')}
          </Button>
        </div>
      )}
    </div>
  )
}

function More({ search, state }: { search: Search; state: SearchState }) {
  const t = useTranslations()
  const noteMore = useFocusAdded('[data-hit]', state.nextCursor)
  const more = (event: MouseEvent<HTMLElement>) => {
    noteMore(event)
    search.more()
  }
  if (state.status !== 'ready' || state.nextCursor === null) return null
  return (
    <>
      {state.failure && (
        <p role="alert" className="px-3 pt-2 text-danger text-sm">
          {t('search.failed')}
        </p>
      )}
      <Button shape="quiet" className="mt-2 w-full" aria-disabled={state.isLoadingMore} onClick={more}>
        {t('search.more')}
      </Button>
    </>
  )
}

type Choose = (conversationId: string, messageId?: string) => (event: MouseEvent) => void

/** The conversations whose titles match and whose messages do not. */
function Titled({ conversations, choose }: { conversations: readonly Conversation[]; choose: Choose }) {
  const t = useTranslations()
  const id = useId()
  return (
    <section aria-labelledby={id} className="mt-3">
      <h2 id={id} className="px-3 font-medium text-muted text-xs">
        {t('search.titles')}
      </h2>
      <ul>
        {conversations.map(conversation => (
          <li key={conversation.id}>
            <ListLink
              href={conversationPath(conversation.id)}
              data-hit
              onClick={choose(conversation.id)}
              className={`flex gap-2 ${HIT}`}
            >
              <span dir="auto" className="min-w-0 truncate font-medium">
                {conversation.title || t('list.untitled')}
              </span>
              {conversation.archived && <span className="text-muted">{t('search.archived')}</span>}
            </ListLink>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Group({ group, choose }: { group: HitGroup; choose: Choose }) {
  const t = useTranslations()
  const id = useId()
  return (
    <section aria-labelledby={id} className="mt-3">
      <h2 id={id} className="flex gap-2 px-3 font-medium text-sm">
        <span dir="auto" className="min-w-0 truncate">
          {group.title || t('list.untitled')}
        </span>
        {group.archived && <span className="font-normal text-muted">{t('search.archived')}</span>}
      </h2>
      <ul>
        {group.hits.map(hit => (
          <li key={hit.messageId}>
            <ListLink
              href={conversationPath(hit.conversationId, hit.messageId)}
              data-hit
              onClick={event => {
                if (!isForNewTab(event)) seekWords(hit.messageId, matchesIn(hit))
                choose(hit.conversationId, hit.messageId)(event)
              }}
              className={`block ${HIT}`}
            >
              <HitText hit={hit} />
            </ListLink>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What matched, as it stands in the message. */
function matchesIn({ excerpt }: SearchHit): string[] {
  return excerpt.filter(({ isMatch }) => isMatch).map(({ text }) => text)
}

function HitText({ hit: { role, excerpt, createdAt } }: { hit: SearchHit }) {
  const t = useTranslations()
  const format = useFormatter()
  const date = new Date(createdAt)
  return (
    <>
      <span className="flex justify-between gap-2 text-muted text-xs">
        <span>{role === 'USER' ? t('search.yours') : t('search.reply')}</span>
        <time dateTime={date.toISOString()}>
          {format.dateTime(date, { day: 'numeric', month: 'short', year: 'numeric' })}
        </time>
      </span>
      <span className="mt-0.5 line-clamp-3 break-words">
        {excerpt.map(
          ({ text, isMatch }, index) =>
            // biome-ignore-start lint/suspicious/noArrayIndexKey: an excerpt never changes
            isMatch ? (
              <mark key={index} className="rounded-xs bg-accent-soft font-semibold text-text">
                {text}
              </mark>
            ) : (
              <span key={index}>{text}</span>
            ),
          // biome-ignore-end lint/suspicious/noArrayIndexKey: an excerpt never changes
        )}
      </span>
    </>
  )
}
