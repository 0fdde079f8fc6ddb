import { useFormatter, useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { focusPage } from '../controls/focus.ts'

interface ReadNoticeProps {
  client: ChatClient
  conversation: Conversation
}

/** Says that an administrator read the conversation on the screen, until its owner has seen that. */
export function ReadNotice({ client, conversation }: ReadNoticeProps) {
  const t = useTranslations()
  const format = useFormatter()
  const { readByAdminAt } = conversation
  if (readByAdminAt === null) return null
  const date = format.dateTime(new Date(readByAdminAt), { dateStyle: 'long', timeStyle: 'short' })
  const dismiss = async () => {
    await client.dismissReadNotice(conversation)
    focusPage()
  }
  return (
    <div className="column px-4">
      <div
        data-read-notice
        className="mb-2 flex flex-wrap items-center justify-center gap-x-2 text-center text-sm"
      >
        <p role="status">{t('readNotice.text', { date })}</p>
        <Button shape="quiet" onClick={dismiss}>
          {t('readNotice.dismiss')}
        </Button>
      </div>
    </div>
  )
}
