import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { PATHS } from '../../../protocol/paths.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { useSurface } from '../../surface.ts'
import { useExpiryDate } from '../list/useExpiryDate.ts'

interface ExpiryNoteProps {
  client: ChatClient
  conversation: Conversation
}

const ACTION =
  'cursor-pointer rounded px-1.5 py-1 text-accent underline underline-offset-2 pointer-coarse:py-3'

/** Says when the conversation on the screen is deleted by itself, if that is soon, and how to keep what it says. */
export function ExpiryNote({ client, conversation }: ExpiryNoteProps) {
  const t = useTranslations()
  const { isOwnPage } = useSurface()
  const date = useExpiryDate(conversation)
  if (date === null) return null
  return (
    <div className="column px-4">
      <p data-expiry className="mb-2 text-center text-muted text-xs">
        {t('retention.note', { date })}{' '}
        <button type="button" className={ACTION} onClick={() => client.setPinned(conversation.id, true)}>
          {t('retention.keep')}
        </button>
        {isOwnPage && (
          <a className={ACTION} href={PATHS.export(conversation.id, 'markdown')} download>
            {t('retention.export')}
          </a>
        )}
      </p>
    </div>
  )
}
