import { Hourglass } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { OpenConversation } from '../../../client/chat/chatState.ts'
import { readRetention } from '../../../client/chat/conversations/chooseRetention.ts'

interface TemporaryChoiceProps {
  client: ChatClient
  open: OpenConversation
}

/** Lets a new conversation begin as a temporary one, and says what that means. */
export function TemporaryChoice({ client, open }: TemporaryChoiceProps) {
  const t = useTranslations()
  const id = useId()
  const { temporary } = open
  const hours = useTemporaryHours(client, temporary)
  return (
    <div className="mt-3 flex flex-col items-center gap-2">
      <label className="choice gap-2 text-muted has-checked:text-text">
        <input
          type="checkbox"
          className="sr-only"
          checked={temporary}
          aria-describedby={temporary ? id : undefined}
          onChange={event => client.chooseTemporary(event.target.checked)}
        />
        <Hourglass aria-hidden className="size-4" />
        {t('temporary.title')}
      </label>
      {temporary && (
        <p id={id} className="max-w-prose text-balance text-muted text-sm">
          {t('temporary.body')} {hours !== null && t('temporary.hours', { hours })}
        </p>
      )}
    </div>
  )
}

/** How long after their last message temporary conversations go. `null` until it is read. */
function useTemporaryHours(client: ChatClient, isWanted: boolean): number | null {
  const [hours, setHours] = useState<number | null>(null)
  useEffect(() => {
    if (!isWanted) return
    void readRetention(client).then(result => result.ok && setHours(result.value.retention.temporaryHours))
  }, [client, isWanted])
  return hours
}
