import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useLocale, useTranslations } from 'use-intl'
import { branchOf } from '../../../client/chat/branches/branch.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { type ChatState, currentOf, isBusy } from '../../../client/chat/chatState.ts'
import type { AssistantResponse, Conversation, Message } from '../../../protocol/responses.ts'
import { useSurface } from '../../surface.ts'
import { Composer } from '../composer/composer.tsx'
import { composerStateOf } from '../composer/composerState.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'
import { Slot } from '../controls/slot.tsx'
import { Sidebar } from '../list/sidebar.tsx'
import { PlainOutgoing } from '../messages/plainOutgoing.tsx'
import type { PanelProps } from '../panels/panels.ts'
import { PanelsProvider } from '../panels/panelsProvider.tsx'
import { Announcer } from './announcer.tsx'
import { BufferingNotice } from './bufferingNotice.tsx'
import { ExpiryNote } from './expiryNote.tsx'
import { ForkNote } from './forkNote.tsx'
import { Greeting, Starters } from './greeting.tsx'
import { Header } from './header.tsx'
import { LimitNote } from './limitNote.tsx'
import { Notices } from './notices.tsx'
import { PageShortcuts } from './pageShortcuts.tsx'
import { LoadingMessages, Placeholder } from './placeholder.tsx'
import { TemporaryNote } from './temporaryNote.tsx'
import { UndoNotices } from './undoNotices.tsx'

/** Fetched apart, because what draws messages is half of the page's code and a new conversation has no messages. */
const messagesPart = partSource(async () => {
  const { Messages, rehearseParsing } = await import('../messages/messages.tsx')
  rehearseParsing()
  return Messages
})

/** Fetched apart, because nearly nobody sees it. */
const readNoticePart = partSource(async () => (await import('./readNotice.tsx')).ReadNotice)

interface ChatProps extends PageProps {
  /** A new conversation is on the screen. */
  isNew: boolean
  /** What stands above the conversation. */
  title: string
  /** The list of conversations stands beside the conversation, if there is room. */
  hasList?: boolean
  /** Called with what was typed into the search field. */
  query: string
  onSearch(query: string): void
}

/** The list of conversations, and the one being read. It fills its box, and has its panels over it. */
export function Chat({ client, state, isNew, title, hasList = true, query, onSearch }: ChatProps) {
  const t = useTranslations()
  const { isOwnPage } = useSurface()
  const { sidebar, drawerList } = useLists({ client, state, query, onSearch })
  useGreetingLanguage(client)
  useEffect(() => messagesPart.preload(), [])
  return (
    <PanelsProvider client={client} state={state} drawerList={drawerList} onSearch={onSearch}>
      {isOwnPage && <PageShortcuts client={client} />}
      <div
        className={`${isOwnPage ? '@container/chat h-dvh' : 'riacho-box h-full'} flex overflow-clip print:block print:h-auto print:overflow-visible`}
      >
        {hasList && (
          <nav
            aria-label={t('list.label')}
            className="isolate hidden w-72 shrink-0 border-line border-r bg-sidebar @3xl/chat:block print:hidden"
          >
            {sidebar}
          </nav>
        )}
        <div className="flex min-w-0 flex-1 flex-col print:block">
          <Slot name="header" values={{ title }}>
            <Header
              client={client}
              conversation={currentOf(state).conversation}
              title={title}
              isNew={isNew}
            />
          </Slot>
          <Current client={client} state={state} isNew={isNew} />
        </div>
        <Announcer client={client} open={currentOf(state)} />
      </div>
    </PanelsProvider>
  )
}

interface PageProps {
  client: ChatClient
  state: ChatState
}

interface CurrentProps extends PageProps {
  isNew: boolean
}

/**
 * The conversation on the screen. While it is empty, the composer stands in the middle, between the greeting and the
 * starters. It is the same element there and below the messages, so that it keeps the focus.
 */
function Current({ client, state, isNew }: CurrentProps) {
  const open = currentOf(state)
  const { key, status, conversation, messages, run, outgoing, editing } = open
  const branch = useMemo(
    () => branchOf({ conversation, messages, run, outgoing, editing }),
    [conversation, messages, run, outgoing, editing],
  )
  const isEmpty = (isNew || status === 'ready') && branch.length === 0 && !outgoing
  const hasMoved = useHasMoved(key, isEmpty)
  const greeting = { client, open, assistants: state.assistants }
  const layout = isEmpty ? 'overflow-y-auto [scrollbar-gutter:stable]' : ''
  const Place = useSurface().isOwnPage ? 'main' : 'div'
  return (
    <Place data-empty={isEmpty || undefined} className={`flex min-h-0 flex-1 flex-col print:block ${layout}`}>
      {isEmpty ? <Greeting {...greeting} /> : <OpenMessages client={client} state={state} branch={branch} />}
      <Foot client={client} state={state} isEmpty={isEmpty} hasMoved={hasMoved} />
      {isEmpty && <Starters {...greeting} />}
    </Place>
  )
}

/** Whether the conversation was empty on this screen and got its first message. */
function useHasMoved(key: string, isEmpty: boolean): boolean {
  const [known, setKnown] = useState({ key, isEmpty, hasMoved: false })
  if (known.key !== key || known.isEmpty !== isEmpty)
    setKnown({ key, isEmpty, hasMoved: known.key === key && known.isEmpty })
  return known.hasMoved
}

interface OpenMessagesProps extends PageProps {
  branch: readonly Message[]
}

/** The messages of the conversation on the screen, or what stands in their place. */
function OpenMessages({ client, state, branch }: OpenMessagesProps) {
  const open = currentOf(state)
  const { outgoing } = open
  if (branch.length === 0 && !outgoing) return <Placeholder client={client} open={open} />
  return (
    <LazyPart
      key={open.key}
      source={messagesPart}
      props={{ client, open, branch, assistant: assistantOf(state) }}
      fallback={outgoing ? <PlainOutgoing outgoing={outgoing} /> : <LoadingMessages />}
      onMissing={client.setNotice}
    />
  )
}

function assistantOf(state: ChatState): AssistantResponse | null {
  const { conversation, assistant } = currentOf(state)
  const id = conversation?.assistant ?? assistant
  return state.assistants?.find(known => known.id === id) ?? null
}

interface FootProps extends PageProps {
  isEmpty: boolean
  hasMoved: boolean
}

/** The composer, and the notices above it. In an empty conversation they are below it, so that it never moves. */
function Foot({ client, state, isEmpty, hasMoved }: FootProps) {
  const { id, conversation } = currentOf(state)
  const layout = isEmpty ? '' : hasMoved ? 'gutter settles' : 'gutter'
  return (
    <div className={`isolate print:hidden ${layout}`}>
      <div className={isEmpty ? 'flex flex-col-reverse' : ''}>
        <div>
          <BufferingNotice client={client} diagnosis={state.buffering} />
          <Notices client={client} notice={state.notice} online={state.online} />
          <ForkNote client={client} fork={state.fork} currentId={id} />
          <div className="column px-1">
            <UndoNotices client={client} removed={state.removed} />
          </div>
          {conversation?.readByAdminAt && (
            <LazyPart source={readNoticePart} props={{ client, conversation }} onMissing={client.setNotice} />
          )}
          {conversation && <EndNote client={client} conversation={conversation} />}
          <LimitNote limits={state.limits} />
        </div>
        <Composer client={client} {...composerStateOf(state)} />
      </div>
    </div>
  )
}

/** Says when the conversation on the screen goes by itself, if that is to be said. */
function EndNote({ client, conversation }: { client: ChatClient; conversation: Conversation }) {
  const Note = conversation.temporary ? TemporaryNote : ExpiryNote
  return <Note client={client} conversation={conversation} />
}

/** Reads the assistants again when the page changes its language, because they greet in it. */
function useGreetingLanguage(client: ChatClient): void {
  const locale = useLocale()
  const greetedIn = useRef(locale)
  useEffect(() => {
    if (greetedIn.current !== locale) void client.readAssistants()
    greetedIn.current = locale
  }, [client, locale])
}

/** The list beside the page and the one in the drawer. They are made again only when what they show changes. */
function useLists({
  client,
  state,
  query,
  onSearch,
}: Pick<ChatProps, 'client' | 'state' | 'query' | 'onSearch'>) {
  const { list, removed, notice, opened, unread } = state
  const currentId = currentOf(state).id
  const busy = opened.flatMap(open => (open.id !== null && isBusy(open) ? open.id : [])).join(' ')
  const props = useMemo(() => {
    const busyIds = busy.split(' ')
    return { client, list, removed, notice, currentId, busyIds, unread, query, onQuery: onSearch }
  }, [client, list, removed, notice, currentId, busy, unread, query, onSearch])
  const sidebar = useMemo(() => <Sidebar {...props} onChoose={() => {}} />, [props])
  const drawerList = useCallback(
    ({ onClose }: PanelProps) => <Sidebar {...props} onChoose={onClose} isDrawer />,
    [props],
  )
  return { sidebar, drawerList }
}
