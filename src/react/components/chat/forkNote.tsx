import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { ChatState } from '../../../client/chat/chatState.ts'
import { Button } from '../controls/button.tsx'
import { focusPage } from '../controls/focus.ts'

interface ForkNoteProps extends Pick<ChatState, 'fork'> {
  client: ChatClient
  currentId: string | null
}

/** Says that the conversation on the screen is the copy that the person has just made, and leads back. */
export function ForkNote({ client, fork, currentId }: ForkNoteProps) {
  const t = useTranslations()
  const isHere = fork !== null && fork.id === currentId
  return (
    <div role="status" className="column px-4">
      {isHere && (
        <p className="mb-2 flex flex-wrap items-center gap-x-2 rounded-lg bg-subtle px-3 py-1 text-sm">
          <span className="flex-1">{t('fork.here')}</span>
          <Button
            shape="quiet"
            onClick={() => {
              client.open(fork.from)
              focusPage()
            }}
          >
            {t('fork.back')}
          </Button>
        </p>
      )}
    </div>
  )
}
