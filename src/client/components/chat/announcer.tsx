import { useTranslations } from 'use-intl'
import { isBusy, type OpenConversation } from '../../chatState.ts'

/** Tells a screen reader when a reply begins and how it ends, and nothing in between. */
export function Announcer({ open }: { open: OpenConversation }) {
  const t = useTranslations()
  const reply = open.messages.find(({ id }) => id === open.conversation?.headMessageId)
  const code = reply?.role === 'ASSISTANT' ? reply.code : null
  const isBroken = open.lastEnd === 'failed' || open.lastEnd === 'interrupted'
  return (
    <div className="sr-only">
      <p role="status">
        {isBusy(open) && t('live.writing')}
        {!isBusy(open) && open.lastEnd === 'completed' && t('live.completed')}
        {!isBusy(open) && open.lastEnd === 'stopped' && t('live.stopped')}
      </p>
      <p role="alert">{!isBusy(open) && isBroken && t(`errors.${code ?? 'UPSTREAM_ERROR'}`)}</p>
    </div>
  )
}
