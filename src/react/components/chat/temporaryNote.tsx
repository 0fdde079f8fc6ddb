import { useFormatter, useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { focusPage } from '../controls/focus.ts'
import { SureButton } from '../controls/sureButton.tsx'

interface TemporaryNoteProps {
  client: ChatClient
  conversation: Conversation
}

/** Says that the conversation on the screen is temporary and when it goes, and erases it at once. */
export function TemporaryNote({ client, conversation }: TemporaryNoteProps) {
  const t = useTranslations()
  const format = useFormatter()
  const { id, expiresAt } = conversation
  const when =
    expiresAt !== null &&
    format.dateTime(new Date(expiresAt), {
      day: 'numeric',
      month: 'long',
      hour: '2-digit',
      minute: '2-digit',
    })
  const erase = async () => {
    if (await client.remove(id)) focusPage()
  }
  return (
    <div className="column px-4">
      <div
        data-temporary
        className="mb-2 flex flex-wrap items-center justify-center gap-x-2 text-center text-muted text-xs"
      >
        <p>
          {t('temporary.here')} {when && t('temporary.until', { date: when })}
        </p>
        <SureButton
          shape="quiet"
          className="text-danger! text-xs!"
          text={t('temporary.erase')}
          sure={t('temporary.eraseSure')}
          onSure={erase}
        />
      </div>
    </div>
  )
}
