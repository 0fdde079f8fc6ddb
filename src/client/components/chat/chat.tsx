'use client'

import { useEffect, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { branchOf, currentOf } from '../../chatState.ts'
import { useChat } from '../../useChat.ts'
import { Announcer } from './announcer.tsx'
import { BufferingNotice } from './bufferingNotice.tsx'
import { Composer, composerStateOf } from './composer.tsx'
import { ConversationList } from './conversationList.tsx'
import { Header } from './header.tsx'
import { Messages } from './messages.tsx'
import { Notices } from './notices.tsx'
import { Placeholder } from './placeholder.tsx'

/** The whole page: the conversations, and the one being read. Draws the client's state and tells it what people do. */
export function Chat() {
  const t = useTranslations()
  const { client, state } = useChat()
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const open = currentOf(state)
  const { conversation, messages, run, outgoing } = open
  const branch = useMemo(() => branchOf({ conversation, messages, run }), [conversation, messages, run])
  const title = open.status === 'new' ? t('list.start') : conversation?.title || t('app.name')

  useEffect(() => {
    document.title = conversation?.title || t('app.name')
  }, [conversation?.title, t])

  const list = useMemo(() => {
    const onChoose = () => setDrawerOpen(false)
    return <ConversationList client={client} list={state.list} currentId={open.id} onChoose={onChoose} />
  }, [client, state.list, open.id])

  return (
    <div className="flex h-dvh overflow-hidden">
      <nav
        aria-label={t('list.label')}
        className="hidden w-72 shrink-0 border-line border-r bg-sidebar md:block"
      >
        {list}
      </nav>
      <div className="flex min-w-0 flex-1 flex-col">
        <Header
          client={client}
          conversation={conversation}
          title={title}
          list={list}
          isDrawerOpen={isDrawerOpen}
          onDrawer={setDrawerOpen}
        />
        <main className="flex min-h-0 flex-1 flex-col">
          {branch.length > 0 || outgoing ? (
            <Messages client={client} open={open} branch={branch} key={open.key} />
          ) : (
            <Placeholder client={client} open={open} assistants={state.assistants} />
          )}
          <BufferingNotice client={client} diagnosis={state.buffering} />
          <Notices client={client} notice={state.notice} online={state.online} />
          <Composer client={client} {...composerStateOf(open)} />
        </main>
      </div>
      <Announcer open={open} />
    </div>
  )
}
