import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useLocale, useTranslations } from 'use-intl'
import { branchOf } from '../../../client/chat/branches/branch.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { type ChatState, currentOf, isBusy } from '../../../client/chat/chatState.ts'
import { joinText } from '../../../client/chat/composing/composed.ts'
import type { AssistantResponse, Message } from '../../../protocol/responses.ts'
import { useChat } from '../../useChat.ts'
import { Composer } from '../composer/composer.tsx'
import { composerStateOf } from '../composer/composerState.ts'
import { composerField, visibleSearchField } from '../controls/focus.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'
import { Sidebar } from '../list/sidebar.tsx'
import { PlainOutgoing } from '../messages/plainOutgoing.tsx'
import type { PanelProps } from '../panels/panels.ts'
import { PanelsProvider } from '../panels/panelsProvider.tsx'
import { Announcer } from './announcer.tsx'
import { BufferingNotice } from './bufferingNotice.tsx'
import { ForkNote } from './forkNote.tsx'
import { Greeting, Starters } from './greeting.tsx'
import { Header } from './header.tsx'
import { Notices } from './notices.tsx'
import { PageShortcuts } from './pageShortcuts.tsx'
import { LoadingMessages, Placeholder } from './placeholder.tsx'
import { UndoNotices } from './undoNotices.tsx'
import { useLongReplyNotice } from './useLongReplyNotice.ts'

/** Fetched apart, because what draws messages is half of the page's code and a new conversation has no messages. */
const messagesPart = partSource(async () => {
  const { Messages, rehearseParsing } = await import('../messages/messages.tsx')
  rehearseParsing()
  return Messages
})

interface ChatProps {
  /** The document was drawn for a new conversation. It decides until the client has read the address. */
  isStart: boolean
}

/** The whole page: the list of conversations, and the one being read. */
export function Chat({ isStart }: ChatProps) {
  const t = useTranslations()
  const { client, state } = useChat()
  const { sidebar, drawerList, onSearch } = useLists(client, state)
  const isNew = isNewIn(state, isStart)
  const title = useTitle(state, isNew)
  useGreetingLanguage(client)
  useLongReplyNotice(client, state)
  useTypedBeforeStart(client, onSearch)
  useEffect(() => messagesPart.preload(), [])
  return (
    <PanelsProvider client={client} state={state} drawerList={drawerList} onSearch={onSearch}>
      <PageShortcuts client={client} />
      <div className="flex h-dvh overflow-clip print:block print:h-auto print:overflow-visible">
        <nav
          aria-label={t('list.label')}
          className="isolate hidden w-72 shrink-0 border-line border-r bg-sidebar md:block print:hidden"
        >
          {sidebar}
        </nav>
        <div className="flex min-w-0 flex-1 flex-col print:block">
          <Header client={client} conversation={currentOf(state).conversation} title={title} isNew={isNew} />
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
  return (
    <main data-empty={isEmpty || undefined} className={`flex min-h-0 flex-1 flex-col print:block ${layout}`}>
      {isEmpty ? <Greeting {...greeting} /> : <OpenMessages client={client} state={state} branch={branch} />}
      <Foot client={client} state={state} isEmpty={isEmpty} hasMoved={hasMoved} />
      {isEmpty && <Starters {...greeting} />}
    </main>
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
  const layout = isEmpty ? '' : hasMoved ? 'gutter settles' : 'gutter'
  return (
    <div className={`isolate print:hidden ${layout}`}>
      <div className={isEmpty ? 'flex flex-col-reverse' : ''}>
        <div>
          <BufferingNotice client={client} diagnosis={state.buffering} />
          <Notices client={client} notice={state.notice} online={state.online} />
          <ForkNote client={client} fork={state.fork} currentId={currentOf(state).id} />
          <div className="column px-1">
            <UndoNotices client={client} removed={state.removed} />
          </div>
        </div>
        <Composer client={client} {...composerStateOf(currentOf(state))} />
      </div>
    </div>
  )
}

/** Whether a new conversation is on the screen. */
function isNewIn(state: ChatState, isStart: boolean): boolean {
  const { key, status } = currentOf(state)
  return key === '' ? isStart : status === 'new'
}

/** The title above the conversation. Sets the title of the document, too. */
function useTitle(state: ChatState, isNew: boolean): string {
  const t = useTranslations()
  const { conversation, id } = currentOf(state)
  const known = conversation ?? state.list.conversations.find(listed => listed.id === id)
  useEffect(() => {
    document.title = known?.title || t('app.name')
  }, [known?.title, t])
  return isNew ? t('list.start') : known?.title || t('app.name')
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

/** Takes over what a person typed into the drawn page before its script ran. */
function useTypedBeforeStart(client: ChatClient, onSearch: (query: string) => void): void {
  useLayoutEffect(() => {
    const typed = composerField()?.value
    if (typed) client.setDraft(joinText(currentOf(client.getState()).draft, typed))
    onSearch(visibleSearchField()?.value ?? '')
  }, [client, onSearch])
}

/** The list beside the page and the one in the drawer. They are made again only when what they show changes. */
function useLists(client: ChatClient, state: ChatState) {
  const [query, setQuery] = useState('')
  const { list, removed, notice, opened, unread } = state
  const currentId = currentOf(state).id
  const busy = opened.flatMap(open => (open.id !== null && isBusy(open) ? open.id : [])).join(' ')
  const props = useMemo(() => {
    const busyIds = busy.split(' ')
    return { client, list, removed, notice, currentId, busyIds, unread, query, onQuery: setQuery }
  }, [client, list, removed, notice, currentId, busy, unread, query])
  const sidebar = useMemo(() => <Sidebar {...props} onChoose={() => {}} />, [props])
  const drawerList = useCallback(
    ({ onClose }: PanelProps) => <Sidebar {...props} onChoose={onClose} isDrawer />,
    [props],
  )
  return { sidebar, drawerList, onSearch: setQuery }
}
