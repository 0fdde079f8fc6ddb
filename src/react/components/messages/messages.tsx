import { ArrowDown } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { isBusy, type OpenConversation } from '../../../client/chat/chatState.ts'
import { isQueueFree, takesMessages } from '../../../client/chat/composing/outbox.ts'
import { runOnScreen, siblingsOf } from '../../../client/chat/conversations/branch.ts'
import { type Words, wordsOf } from '../../../client/chat/runs/liveReply.ts'
import { partsOf } from '../../../client/chat/runs/runReducer.ts'
import { type Part, textOf } from '../../../protocol/events.ts'
import type { Message } from '../../../protocol/responses.ts'
import { usePrinting } from '../../printing.ts'
import { Button } from '../controls/button.tsx'
import { passFocus } from '../controls/focus.ts'
import { useDrawing } from './drawNearScreen.ts'
import { createDeeds, type MessageDeeds } from './messageActions.ts'
import { QueuedBubble } from './queuedBubble.tsx'
import { Reply } from './reply.tsx'
import { DrawingContext, Row } from './row.tsx'
import { useKeptPlace } from './useKeptPlace.ts'
import { useReadingPlace } from './useReadingPlace.ts'
import { UserBubble } from './userBubble.tsx'
import { useScroll } from './useScroll.ts'

export { rehearseParsing } from '../../markdown/rehearseParsing.ts'

/** How many messages at the end are always drawn. */
const LAST = 4

interface MessagesProps {
  client: ChatClient
  open: OpenConversation
  branch: readonly Message[]
}

/** The messages of one conversation, those on their way, and the reply being written. */
export function Messages({ client, open, branch }: MessagesProps) {
  const t = useTranslations()
  const box = useRef<HTMLElement>(null)
  const content = useRef<HTMLOListElement>(null)
  const room = useRef<HTMLDivElement>(null)
  const scroll = useScroll({ box, content, room })
  const drawing = useDrawing(box)
  useKeptPlace(open.id, box, scroll)
  const { stay, follow } = scroll
  const passOn = useMemo(() => passFocus(() => box.current?.focus({ preventScroll: true })), [])
  const deeds = useMemo(() => createDeeds(client, stay), [client, stay])
  const words = useMemo(() => wordsOf(client, open.key), [client, open.key])
  const highlighted = useReadingPlace({ client, open, branch, words, scroll, content })
  const stored = useStored({ open, branch, deeds, highlighted })
  const last = branch.at(-1)
  const canAsk = !isBusy(open) && open.conversation?.status === 'OPEN'

  return (
    <div className="relative min-h-0 flex-1 print:contents">
      <section
        ref={box}
        data-messages
        aria-label={t('conversation.label')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
        tabIndex={0}
        className="contain-strict relative h-full overflow-y-auto overscroll-contain print:contents"
      >
        <DrawingContext value={drawing}>
          <ol
            ref={content}
            className="mx-auto w-full max-w-3xl space-y-2 px-4 py-6"
            aria-busy={runOnScreen(open) !== null}
          >
            {[...stored, ...useComing({ open, words, deeds, follow, last: last?.id ?? null })]}
            {last?.role === 'USER' && canAsk && (
              <li className="flex flex-wrap items-center gap-2 text-muted text-sm">
                {t('message.unanswered')}
                <Button shape="secondary" onClick={() => deeds.retry(last.id)}>
                  {t('message.answer')}
                </Button>
              </li>
            )}
          </ol>
        </DrawingContext>
        <div ref={room} aria-hidden />
      </section>
      {scroll.hasNewBelow && (
        <Button
          ref={passOn}
          shape="secondary"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full text-sm shadow-md print:hidden"
          onClick={scroll.toBottom}
        >
          <ArrowDown aria-hidden className="size-4" />
          {t('conversation.newText')}
        </Button>
      )}
    </div>
  )
}

interface StoredParts {
  open: OpenConversation
  branch: readonly Message[]
  deeds: MessageDeeds
  highlighted: string | null
}

/**
 * The stored messages, made anew only when one of them or what can be done with them changes: not with each word. Their
 * key is their place below their parent, so that one version takes the place of another, and a message that of its draft.
 */
function useStored({ open, branch, deeds, highlighted }: StoredParts) {
  const t = useTranslations()
  const { messages, conversation, editing } = open
  const isPrinting = usePrinting()
  const versions = useMemo(() => siblingsOf(messages), [messages])
  const busy = isBusy(open)
  const isClosed = conversation?.status !== 'OPEN'
  return useMemo(() => {
    const lastIndex = branch.length - 1
    return branch.map((message, index) => {
      const { id, role, parts } = message
      const isLast = index === lastIndex
      const isUser = role === 'USER'
      const common = { versions: versions.get(id) ?? [], isBusy: busy, isClosed }
      const isEdited = editing?.messageId === id
      return (
        <Row
          key={placeOf(message.parentId)}
          id={id}
          heading={isUser ? t('message.yours') : t('message.reply')}
          text={textOf(parts)}
          isAlways={isPrinting || index > lastIndex - LAST || id === highlighted || isEdited}
          isHighlighted={id === highlighted}
        >
          {isUser ? (
            <UserBubble
              {...common}
              id={id}
              parts={parts}
              deeds={isLast && busy && !isEdited ? null : deeds}
              editing={isEdited ? editing : null}
            />
          ) : (
            <Reply {...common} parts={parts} run={null} message={message} deeds={deeds} isLast={isLast} />
          )}
        </Row>
      )
    })
  }, [branch, versions, deeds, editing, highlighted, busy, isClosed, isPrinting, t])
}

/** What is not stored yet: the message on its way, the reply being written, and what waits for its end. */
function useComing({
  open,
  words,
  deeds,
  follow,
  last,
}: {
  open: OpenConversation
  words: Words
  deeds: MessageDeeds
  follow(): void
  last: string | null
}) {
  const t = useTranslations()
  const { outgoing, queue, editing } = open
  const run = runOnScreen(open)
  const isIdle = !isBusy(open)
  const isFree = takesMessages(open) && isQueueFree(open)
  const outgoingParts = useMemo<readonly Part[]>(() => (outgoing ? partsOf(outgoing) : []), [outgoing])
  const row = { isAlways: true, isHighlighted: false, text: '' }
  const common = { versions: NO_VERSIONS, deeds, isBusy: true, isClosed: false }
  return [
    outgoing && (
      <Row key={placeOf(last)} {...row} id={outgoing.clientMessageId} heading={t('message.yours')}>
        <UserBubble
          {...common}
          id={outgoing.clientMessageId}
          parts={outgoingParts}
          state={outgoing.waiting ? 'waiting' : 'sending'}
          deeds={null}
          editing={null}
        />
      </Row>
    ),
    run && (
      <Row
        key={placeOf(run.userMessageId)}
        {...row}
        id={run.start?.messageId ?? ''}
        heading={t('message.reply')}
      >
        <Reply {...common} parts={run.parts} words={words} onGrown={follow} run={run} message={null} isLast />
      </Row>
    ),
    ...queue.map((message, index) => (
      <Row key={message.clientMessageId} {...row} id={message.clientMessageId} heading={t('queue.heading')}>
        <QueuedBubble
          message={message}
          isHeld={isIdle && !isFree}
          canSend={isIdle && takesMessages(open) && index === 0}
          editing={editing?.messageId === message.clientMessageId ? editing : null}
          deeds={deeds}
        />
      </Row>
    )),
  ]
}

const NO_VERSIONS: readonly string[] = []

/** The key of whatever hangs below a message. */
function placeOf(parentId: string | null): string {
  return `below ${parentId}`
}
