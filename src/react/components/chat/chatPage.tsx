import { useEffect, useLayoutEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { currentOf } from '../../../client/chat/chatState.ts'
import { joinText } from '../../../client/chat/composing/composed.ts'
import { usePageChat } from '../../usePageChat.ts'
import { composerField, visibleSearchField } from '../controls/focus.ts'
import { Chat } from './chat.tsx'
import { isTemporary, titleOf } from './titleOf.ts'
import { useLongReplyNotice } from './useLongReplyNotice.ts'

interface ChatPageProps {
  /** The document was drawn for a new conversation. It decides until the client has read the address. */
  isStart: boolean
}

/** A page of Riacho: a chat that has the whole page, its title and its address. */
export function ChatPage({ isStart }: ChatPageProps) {
  const t = useTranslations()
  const { client, state } = usePageChat()
  const [query, setQuery] = useState('')
  const { key, status } = currentOf(state)
  const isNew = key === '' ? isStart : status === 'new'
  const title = titleOf(state) || (isTemporary(state) ? t('temporary.title') : '')
  useEffect(() => {
    document.title = title || t('app.name')
  }, [title, t])
  useLongReplyNotice(client, state)
  useTypedBeforeStart(client, setQuery)
  return (
    <Chat
      client={client}
      state={state}
      isNew={isNew}
      title={isNew ? t('list.start') : title || t('app.name')}
      query={query}
      onSearch={setQuery}
    />
  )
}

/** Takes over what a person typed into the drawn page before its script ran. */
function useTypedBeforeStart(client: ChatClient, onSearch: (query: string) => void): void {
  useLayoutEffect(() => {
    const typed = composerField()?.value
    if (typed) client.setDraft(joinText(currentOf(client.getState()).draft, typed))
    onSearch(visibleSearchField()?.value ?? '')
  }, [client, onSearch])
}
