import { CircleAlert, GitFork, Play, RefreshCw, RotateCcw } from 'lucide-react'
import { memo, useDeferredValue, useLayoutEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslations } from 'use-intl'
import { cleanHtmlOf } from '../../../browser/clipboardFormats.ts'
import { cleanRepliesBy, replyHtmlOf } from '../../../browser/replyHtml.ts'
import type { LiveRun } from '../../../client/chat/chatState.ts'
import type { LiveReply } from '../../../client/chat/runs/liveReply.ts'
import { type Part, type ToldDocument, textOf } from '../../../protocol/parts.ts'
import type { AssistantMessage } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { CopyButton } from '../controls/copyButton.tsx'
import { IconButton } from '../controls/iconButton.tsx'
import { ActionRow, NoActions } from './actionRow.tsx'
import { useAssistantName } from './assistantName.ts'
import { Details } from './details.tsx'
import { Feedback } from './feedback.tsx'
import { LongReplyOffer } from './longReplyOffer.tsx'
import type { MessageActions } from './messageActions.ts'
import { Parts } from './parts.tsx'
import { Progress } from './progress.tsx'
import { Switcher } from './switcher.tsx'
import type { Answering } from './useChoices.ts'

cleanRepliesBy(cleanHtmlOf)

interface ReplyProps {
  parts: readonly Part[]
  /** The growing reply, until its run has ended. */
  liveReply?: LiveReply
  /** Called at each draw before it is painted, because the reply may have grown. */
  onGrown?: () => void
  /** The run that is writing it, until it has ended. */
  run: LiveRun | null
  /** The stored reply, once its run has ended. */
  message: AssistantMessage | null
  siblings: readonly string[]
  actions: MessageActions
  /** The last message of the conversation. */
  isLast: boolean
  /** The last message of all branches. */
  isNewest: boolean
  /** A reply is being written in this conversation. */
  isBusy: boolean
  /** The conversation takes no message. */
  isClosed: boolean
}

/** A reply, growing or stored. It is the same element before and after its end, so that the end costs no new parse. */
export const Reply = memo(function Reply(props: ReplyProps) {
  const { run, message, onGrown, actions, isLast, isBusy, isClosed } = props
  const t = useTranslations()
  const name = useAssistantName()
  const parts = useParts(props)
  // The last text is drawn first, and the actions in a task after it.
  const ended = useDeferredValue(message)
  useLayoutEffect(() => {
    if (parts.length > 0) onGrown?.()
  }, [parts, onGrown])
  return (
    <div className="group">
      <h2 className="mb-1 font-semibold text-sm">
        <span className="sr-only">{t('message.reply')}: </span>
        {name}
      </h2>
      <Parts
        parts={parts}
        isStreaming={run !== null}
        timing={message?.timing}
        answering={answeringOf(props)}
        onAsk={isLast && !isBusy && !isClosed ? actions.ask : undefined}
      />
      {run && <Progress run={run} parts={parts} />}
      {run && <LongReplyOffer />}
      {ended ? <Ending {...props} message={ended} /> : <NoActions />}
    </div>
  )
})

/** What can be done about the calls of the reply that wait. Whatever is written after it, on any branch, declines them. */
function answeringOf({
  run,
  message,
  actions,
  isNewest,
  isBusy,
  isClosed,
}: ReplyProps): Answering | undefined {
  if (run) return run.start ? actions.answeringLive(run.start.runId) : undefined
  const isWaiting = message?.status === 'paused' && isNewest && !isBusy && !isClosed
  return isWaiting ? actions.answeringPaused(message) : undefined
}

/**
 * The parts as far as they have come. React's hook for stores would do, but it has an effect and a task for each draw, and
 * drawing a few words takes little more than those.
 */
function useParts({ parts, liveReply }: ReplyProps): readonly Part[] {
  const [live, setLive] = useState(() => liveReply?.read() ?? null)
  useLayoutEffect(() => {
    if (!liveReply) return
    let last = liveReply.read()
    if (last) setLive(last)
    return liveReply.subscribe(() => {
      const next = liveReply.read()
      // After its end the page gives the stored parts, and no longer the live reply.
      if (next === null || next === last) return
      last = next
      flushSync(() => setLive(next))
    })
  }, [liveReply])
  return liveReply ? (live ?? parts) : parts
}

const TOLD = {
  text: 'message.documentsAsText',
  search: 'message.documentsSearched',
  none: 'message.documentsUnread',
} as const

/** What the model got otherwise than the chips of the documents say. */
function ToldDocuments({ documents }: { documents: readonly ToldDocument[] }) {
  const t = useTranslations()
  return (['text', 'search', 'none'] as const).map(how => {
    const count = documents.filter(({ givenAs }) => givenAs === how).length
    return (
      count > 0 && (
        <p key={how} className="mt-2 text-muted text-sm">
          {t(TOLD[how], { count })}
        </p>
      )
    )
  })
}

type EndingProps = Omit<ReplyProps, 'message'> & { message: AssistantMessage }

/** Below a stored reply: why it is incomplete, how to go on, and its actions. */
function Ending({ message, siblings, actions, isLast, isBusy, isClosed }: EndingProps) {
  const t = useTranslations()
  const text = textOf(message.parts)
  const isBroken = message.status === 'failed' || message.status === 'interrupted'
  const canBeCompleted =
    isLast && !isBusy && !isClosed && message.status !== 'completed' && message.status !== 'paused'
  return (
    <>
      {isBroken && (
        <p className="mt-3 flex gap-2 rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {t(`errors.${message.code ?? 'UPSTREAM_ERROR'}`)}
        </p>
      )}
      <ToldDocuments documents={message.documents ?? []} />
      {message.status === 'stopped' && <p className="mt-2 text-muted text-sm">{t('message.stopped')}</p>}
      {canBeCompleted && <CompletionActions message={message} hasText={text !== ''} actions={actions} />}
      <ActionRow label={t('actions.label')} isShown={isLast}>
        <Switcher siblings={siblings} id={message.id} isDisabled={isBusy} onChoose={actions.chooseSibling} />
        {text !== '' && (
          <CopyButton text={text} html={() => replyHtmlOf(message.id)} label={t('actions.copy')} />
        )}
        <Feedback given={message.feedback} onRate={feedback => actions.rate(message.id, feedback)} />
        {!isClosed && !canBeCompleted && (
          <IconButton
            label={t('actions.regenerate')}
            aria-disabled={isBusy}
            onClick={() => actions.retry(message.parentId)}
          >
            <RefreshCw aria-hidden className="size-4" />
          </IconButton>
        )}
        {actions.fork && (
          <IconButton label={t('actions.fork')} onClick={() => actions.fork?.(message.id)}>
            <GitFork aria-hidden className="size-4" />
          </IconButton>
        )}
        <Details message={message} />
      </ActionRow>
    </>
  )
}

interface CompletionActionsProps {
  message: AssistantMessage
  hasText: boolean
  actions: MessageActions
}

/** The ways to complete a reply. The one that is likely to help comes first and stands out. */
function CompletionActions({ message, hasText, actions }: CompletionActionsProps) {
  const t = useTranslations()
  const canContinue = hasText && (message.retryable || message.status === 'stopped')
  const shape = message.retryable && !canContinue ? 'secondary' : 'quiet'
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2">
      {canContinue && (
        <Button shape="secondary" className="text-sm" onClick={() => actions.continueReply(message)}>
          <Play aria-hidden className="size-4" />
          {t('message.continue')}
        </Button>
      )}
      <Button shape={shape} className="text-sm" onClick={() => actions.retry(message.parentId)}>
        <RotateCcw aria-hidden className="size-4" />
        {t('message.retry')}
      </Button>
    </div>
  )
}
