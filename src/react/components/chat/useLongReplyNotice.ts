import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { readSettings } from '../../../browser/preferences.ts'
import { LONG_REPLY, notifyOfReply } from '../../../browser/systemNotices.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { type ChatState, currentOf } from '../../../client/chat/chatState.ts'
import { useLatestCallback } from '../../useLatestCallback.ts'

/** Has the system tell of a long reply that ended where the person does not see it, if they asked for that. */
export function useLongReplyNotice(client: ChatClient, state: ChatState): void {
  const t = useTranslations()
  const { lastReply } = state
  const onReply = useLatestCallback((reply: NonNullable<ChatState['lastReply']>) => {
    const { conversationId, title, took } = reply
    const isSeen = document.visibilityState === 'visible' && currentOf(state).id === conversationId
    if (isSeen || took < LONG_REPLY || readSettings().longReplies !== 'on') return
    void notifyOfReply({
      title: title || t('app.name'),
      body: t('notify.ended'),
      conversationId,
      onClick: () => client.open(conversationId),
    })
  })
  useEffect(() => {
    if (lastReply) onReply(lastReply)
  }, [lastReply, onReply])
}
