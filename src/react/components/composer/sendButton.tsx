import { ArrowUp, ListPlus, Square } from 'lucide-react'
import type { MouseEvent } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { Button } from '../controls/button.tsx'
import { focusHome } from '../controls/focus.ts'
import type { ComposerState } from './composerState.ts'

interface SendButtonProps extends Pick<ComposerState, 'canSend' | 'activity'> {
  client: ChatClient
  /** Puts the focus back in the field. */
  onSent(): void
}

/**
 * Send and Stop are one button in one place. The second click of a double click is ignored, because it would stop the reply
 * that the first one asked for. While a reply is being written, another button adds the draft to the queue.
 */
export function SendButton({ client, canSend, activity, onSent }: SendButtonProps) {
  const t = useTranslations()
  const send = () => {
    client.send()
    onSent()
  }
  const onClick = (event: MouseEvent) => {
    if (event.detail > 1) return onSent()
    if (activity === 'idle') return send()
    client.stop()
    focusHome()
  }
  const isIdle = activity === 'idle'
  const labels = {
    idle: t('composer.send'),
    waiting: t('composer.giveUp'),
    active: t('composer.stop'),
    stopping: t('composer.stopping'),
  }
  return (
    <>
      {!isIdle && canSend && (
        <Button
          shape="icon"
          className="rounded-full"
          aria-label={t('queue.add')}
          title={t('queue.add')}
          onClick={send}
        >
          <ListPlus aria-hidden className="size-5" />
        </Button>
      )}
      <Button
        shape="round"
        aria-label={labels[activity]}
        disabled={isIdle ? !canSend : activity === 'stopping'}
        onClick={onClick}
      >
        {isIdle ? (
          <ArrowUp aria-hidden className="size-5" />
        ) : (
          <Square aria-hidden className="size-4" fill="currentColor" />
        )}
      </Button>
    </>
  )
}
