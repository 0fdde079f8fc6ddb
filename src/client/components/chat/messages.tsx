import { ArrowDown } from 'lucide-react'
import { useEffect, useMemo, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { textOf } from '../../../protocol/events.ts'
import type { AssistantMessage, Message } from '../../../protocol/responses.ts'
import type { ChatClient } from '../../chatClient.ts'
import { isBusy, type OpenConversation } from '../../chatState.ts'
import { Button } from './button.tsx'
import { Reply } from './reply.tsx'
import { useFollowBottom } from './useFollowBottom.ts'
import { UserBubble } from './userBubble.tsx'

interface MessagesProps {
  client: ChatClient
  open: OpenConversation
  branch: readonly Message[]
}

/** The messages of one conversation, the one on its way, and the reply being written. */
export function Messages({ client, open, branch }: MessagesProps) {
  const t = useTranslations()
  const box = useRef<HTMLElement>(null)
  const content = useRef<HTMLOListElement>(null)
  const { hasNewBelow, toBottom } = useFollowBottom(box, content)
  const { run, outgoing } = open
  const canAsk = !isBusy(open) && open.conversation?.status === 'OPEN'
  const last = branch.at(-1)
  const sent = outgoing?.clientMessageId

  // The button that was pressed goes away, and would take the keyboard's place on the page with it.
  const wayOn = useMemo(() => {
    const keepFocus = () => box.current?.focus({ preventScroll: true })
    return {
      retry: (userMessageId: string) => {
        client.retry(userMessageId)
        keepFocus()
      },
      continueReply: (message: AssistantMessage) => {
        client.continueReply(message)
        keepFocus()
      },
    }
  }, [client])

  useEffect(() => {
    if (sent) toBottom()
  }, [sent, toBottom])

  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={box}
        aria-label={t('conversation.label')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-contain"
      >
        <ol ref={content} className="mx-auto w-full max-w-3xl space-y-6 px-4 py-6" aria-busy={run !== null}>
          {[
            ...branch.map(message =>
              message.role === 'USER' ? (
                <UserBubble key={message.clientMessageId ?? message.id} text={textOf(message.parts)} />
              ) : (
                <Reply
                  key={message.id}
                  parts={message.parts}
                  run={null}
                  message={message}
                  wayOn={message === last && canAsk ? wayOn : null}
                />
              ),
            ),
            outgoing && (
              <UserBubble
                key={sent}
                text={outgoing.content}
                state={outgoing.waiting ? 'waiting' : 'sending'}
              />
            ),
            run && (
              <Reply
                key={run.start?.messageId ?? 'asked'}
                parts={run.parts}
                run={run}
                message={null}
                wayOn={null}
              />
            ),
          ]}
          {last?.role === 'USER' && canAsk && (
            <li className="text-muted text-sm">
              {t('message.unanswered')}{' '}
              <Button shape="secondary" className="ml-2" onClick={() => wayOn.retry(last.id)}>
                {t('message.answer')}
              </Button>
            </li>
          )}
        </ol>
      </section>
      {hasNewBelow && (
        <Button
          shape="secondary"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full text-sm shadow-md"
          onClick={toBottom}
        >
          <ArrowDown aria-hidden className="size-4" />
          {t('conversation.newText')}
        </Button>
      )}
    </div>
  )
}
