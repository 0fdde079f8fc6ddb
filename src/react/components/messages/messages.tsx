import { ArrowDown } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { runOnScreen, siblingsOf } from '../../../client/chat/branches/branch.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { isBusy, type OpenConversation } from '../../../client/chat/chatState.ts'
import { takesMessages } from '../../../client/chat/composing/outbox.ts'
import { isQueueFree } from '../../../client/chat/composing/queue.ts'
import { type LiveReply, liveReplyOf } from '../../../client/chat/runs/liveReply.ts'
import { composeParts, type Part, textOf } from '../../../protocol/parts.ts'
import type { AssistantResponse, Message } from '../../../protocol/responses.ts'
import { usePrinting } from '../../printing.ts'
import { Button } from '../controls/button.tsx'
import { passFocus } from '../controls/focus.ts'
import { Slot } from '../controls/slot.tsx'
import { AssistantContext } from './assistantName.ts'
import { createMessageActions, type MessageActions } from './messageActions.ts'
import { useDrawNearScreen } from './place/drawNearScreen.ts'
import { useKeptPlace } from './place/useKeptPlace.ts'
import { useReadingPlace } from './place/useReadingPlace.ts'
import { useScroll } from './place/useScroll.ts'
import { QueuedBubble } from './queuedBubble.tsx'
import { Reply } from './reply.tsx'
import { NearScreenContext, Row } from './row.tsx'
import { UserBubble } from './userBubble.tsx'

export { rehearseParsing } from '../../markdown/rehearseParsing.ts'

/** The last messages, this many, are always drawn. */
const LAST = 4

interface MessagesProps {
  client: ChatClient
  open: OpenConversation
  branch: readonly Message[]
  assistant: AssistantResponse | null
}

/** The messages of one conversation, the outgoing and queued ones, and the reply being written. */
export function Messages({ client, open, branch, assistant }: MessagesProps) {
  const t = useTranslations()
  const box = useRef<HTMLElement>(null)
  const content = useRef<HTMLOListElement>(null)
  const room = useRef<HTMLDivElement>(null)
  const { place, hasNewBelow } = useScroll({ box, content, room })
  const { stay, follow, toBottom } = place
  const nearScreen = useDrawNearScreen(box)
  useKeptPlace(open.id, box, place)
  const passOn = useMemo(() => passFocus(() => box.current?.focus({ preventScroll: true })), [])
  const actions = useActions({ client, open, stay })
  const liveReply = useMemo(() => liveReplyOf(client, open.key), [client, open.key])
  const highlighted = useReadingPlace({ client, open, branch, liveReply, place, content })
  const stored = useStored({ open, branch, actions, highlighted })
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
        className="@container contain-strict relative h-full overflow-y-auto overscroll-contain [scrollbar-gutter:stable] print:contents"
      >
        <AssistantContext value={assistant}>
          <NearScreenContext value={nearScreen}>
            <ol ref={content} className="column space-y-2 px-4 py-6" aria-busy={runOnScreen(open) !== null}>
              {[...stored, ...useUnstored({ open, liveReply, actions, follow, last: last?.id ?? null })]}
              {last?.role === 'USER' && canAsk && (
                <li className="flex flex-wrap items-center gap-2 text-muted text-sm">
                  {t('message.unanswered')}
                  <Button shape="secondary" onClick={() => actions.retry(last.id)}>
                    {t('message.answer')}
                  </Button>
                </li>
              )}
            </ol>
          </NearScreenContext>
        </AssistantContext>
        <div ref={room} aria-hidden />
      </section>
      {hasNewBelow && (
        <Button
          ref={passOn}
          shape="secondary"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full text-sm shadow-md print:hidden"
          onClick={toBottom}
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
  actions: MessageActions
  highlighted: string | null
}

function useActions({
  client,
  open,
  stay,
}: Pick<StoredParts, 'open'> & { client: ChatClient; stay: () => void }): MessageActions {
  const canFork = !open.conversation?.temporary
  return useMemo(
    () => createMessageActions(client, { onChooseSibling: stay, canFork }),
    [client, stay, canFork],
  )
}

/**
 * The stored messages. They are rebuilt when a message or its actions change, not with each token. The key of each is its
 * parent: siblings share an element, and so do an outgoing message and its stored form.
 */
function useStored({ open, branch, actions, highlighted }: StoredParts) {
  const t = useTranslations()
  const { messages, conversation, editing } = open
  const isPrinting = usePrinting()
  const siblings = useMemo(() => siblingsOf(messages), [messages])
  const busy = isBusy(open)
  const isClosed = conversation?.status !== 'OPEN'
  return useMemo(() => {
    const historyFrom = historyOf(branch)
    const lastIndex = branch.length - 1
    const newest = messages.at(-1)?.id
    return branch.map((message, index) => {
      const { id, role, parts } = message
      const isLast = index === lastIndex
      const isUser = role === 'USER'
      const common = { siblings: siblings.get(id) ?? [], isBusy: busy, isClosed }
      const isEdited = editing?.messageId === id
      return (
        <Row
          key={placeOf(message.parentId)}
          id={id}
          heading={isUser ? t('message.yours') : t('message.reply')}
          text={textOf(parts)}
          isAlways={isPrinting || index > lastIndex - LAST || id === highlighted || isEdited}
          isHighlighted={id === highlighted}
          above={id === historyFrom && <HistoryEdge />}
        >
          <Slot name="message" values={{ message }}>
            {isUser ? (
              <UserBubble
                {...common}
                id={id}
                parts={parts}
                actions={isLast && busy && !isEdited ? null : actions}
                editing={isEdited ? editing : null}
              />
            ) : (
              <Reply
                {...common}
                parts={parts}
                run={null}
                message={message}
                actions={actions}
                isLast={isLast}
                isNewest={id === newest}
              />
            )}
          </Slot>
        </Row>
      )
    })
  }, [branch, messages, siblings, actions, editing, highlighted, busy, isClosed, isPrinting, t])
}

/** The message that the last reply's history began with, if the model did not get all of it. */
function historyOf(branch: readonly Message[]): string | null | undefined {
  const last = branch.findLast(({ role }) => role === 'ASSISTANT')
  return last?.role === 'ASSISTANT' ? last.historyFrom : null
}

/** The messages above it were too long for the model. */
function HistoryEdge() {
  const t = useTranslations()
  return (
    <p className="mb-3 flex items-center gap-3 text-muted text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      {t('message.historyFrom')}
    </p>
  )
}

interface UnstoredProps {
  open: OpenConversation
  liveReply: LiveReply
  actions: MessageActions
  follow(): void
  last: string | null
}

/** The messages that are not stored yet: the outgoing message, the reply being written, and the queue. */
function useUnstored(props: UnstoredProps) {
  return [useOutgoing(props), useGrowingReply(props), ...useQueued(props)]
}

/** In the same slot as the stored message, so that the elements stay when it is stored. */
const UNSTORED = { message: null }
const ALWAYS = { isAlways: true, isHighlighted: false, text: '' }

function useOutgoing({ open: { outgoing }, last }: UnstoredProps) {
  const t = useTranslations()
  const parts = useMemo<readonly Part[]>(() => (outgoing ? composeParts(outgoing) : []), [outgoing])
  if (!outgoing) return null
  const { clientMessageId: id, waiting } = outgoing
  return (
    <Row key={placeOf(last)} {...ALWAYS} id={id} heading={t('message.yours')}>
      <Slot name="message" values={UNSTORED}>
        <UserBubble
          id={id}
          parts={parts}
          state={waiting ? 'waiting' : 'sending'}
          siblings={NO_SIBLINGS}
          actions={null}
          isBusy
          isClosed={false}
          editing={null}
        />
      </Slot>
    </Row>
  )
}

function useGrowingReply({ open, liveReply, actions, follow }: UnstoredProps) {
  const t = useTranslations()
  const run = runOnScreen(open)
  if (!run) return null
  return (
    <Row
      key={placeOf(run.userMessageId)}
      {...ALWAYS}
      id={run.start?.messageId ?? ''}
      heading={t('message.reply')}
    >
      <Slot name="message" values={UNSTORED}>
        <Reply
          parts={run.parts}
          liveReply={liveReply}
          onGrown={follow}
          run={run}
          message={null}
          siblings={NO_SIBLINGS}
          actions={actions}
          isLast
          isNewest
          isBusy
          isClosed={false}
        />
      </Slot>
    </Row>
  )
}

function useQueued({ open, actions }: UnstoredProps) {
  const t = useTranslations()
  const { queue, editing } = open
  const isIdle = !isBusy(open)
  const isFree = takesMessages(open) && isQueueFree(open)
  return queue.map((message, index) => {
    const { clientMessageId: id } = message
    return (
      <Row key={id} {...ALWAYS} id={id} heading={t('queue.heading')}>
        <QueuedBubble
          message={message}
          isHeld={isIdle && !isFree}
          canSend={isIdle && takesMessages(open) && index === 0}
          editing={editing?.messageId === id ? editing : null}
          actions={actions}
        />
      </Row>
    )
  })
}

const NO_SIBLINGS: readonly string[] = []

/** The key of the message that answers another one. */
function placeOf(parentId: string | null): string {
  return `below ${parentId}`
}
