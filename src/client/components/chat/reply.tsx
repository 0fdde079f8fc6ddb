import { Check, CircleAlert, Copy, Play, RotateCcw } from 'lucide-react'
import { memo, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Part, textOf } from '../../../protocol/events.ts'
import type { AssistantMessage } from '../../../protocol/responses.ts'
import type { ChatClient } from '../../chatClient.ts'
import type { LiveRun } from '../../chatState.ts'
import { Button } from './button.tsx'
import { Parts } from './parts.tsx'
import { Progress } from './progress.tsx'

interface ReplyProps {
  parts: readonly Part[]
  /** The run that is writing it, until it has ended. */
  run: LiveRun | null
  /** The reply as it is stored, once its run has ended. */
  message: AssistantMessage | null
  /** The way on from a reply that broke off; `null` when it is not the last one, or one is coming. */
  wayOn: Pick<ChatClient, 'retry' | 'continueReply'> | null
}

/** A reply, from its first word to its end. It stays the same element throughout, so that ending costs no new parse. */
export const Reply = memo(function Reply({ parts, run, message, wayOn }: ReplyProps) {
  const t = useTranslations()
  return (
    <li>
      <h2 className="sr-only">{t('message.reply')}</h2>
      <Parts parts={parts} isStreaming={run !== null} />
      {run && <Progress run={run} />}
      {message && <Ending message={message} wayOn={wayOn} />}
    </li>
  )
})

/** What happened, when it did not end well, and the way on. */
function Ending({ message, wayOn }: { message: AssistantMessage; wayOn: ReplyProps['wayOn'] }) {
  const t = useTranslations()
  const text = textOf(message.parts)
  const isBroken = message.status === 'failed' || message.status === 'interrupted'
  return (
    <>
      {isBroken && (
        <p className="mt-3 flex gap-2 rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {t(`errors.${message.code ?? 'UPSTREAM_ERROR'}`)}
        </p>
      )}
      {message.status === 'stopped' && <p className="mt-2 text-muted text-sm">{t('message.stopped')}</p>}
      <div className="-ml-2.5 mt-1 flex flex-wrap items-center gap-1">
        {wayOn && message.status !== 'completed' && (
          <WayOn message={message} hasText={text !== ''} {...wayOn} />
        )}
        {text !== '' && <CopyButton text={text} />}
      </div>
    </>
  )
}

type WayOnProps = Pick<ChatClient, 'retry' | 'continueReply'> & {
  message: AssistantMessage
  hasText: boolean
}

/** What may help comes first and stands out; trying again is always allowed. */
function WayOn({ message, hasText, retry, continueReply }: WayOnProps) {
  const t = useTranslations()
  const canContinue = hasText && (message.retryable || message.status === 'stopped')
  const shape = message.retryable && !canContinue ? 'secondary' : 'quiet'
  return (
    <>
      {canContinue && (
        <Button shape="secondary" className="ml-2.5 text-sm" onClick={() => continueReply(message)}>
          <Play aria-hidden className="size-4" />
          {t('message.continue')}
        </Button>
      )}
      <Button shape={shape} className="ml-2.5 text-sm" onClick={() => retry(message.parentId)}>
        <RotateCcw aria-hidden className="size-4" />
        {t('message.retry')}
      </Button>
    </>
  )
}

function CopyButton({ text }: { text: string }) {
  const t = useTranslations()
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = async () => setCopied(await copyText(text))
  return (
    <Button shape="quiet" onClick={copy}>
      {isCopied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
      <span aria-live="polite">{isCopied ? t('message.copied') : t('message.copy')}</span>
    </Button>
  )
}

/** The clipboard API exists over https and on localhost only; elsewhere the old way still works. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
  }
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const isCopied = document.execCommand('copy')
  area.remove()
  return isCopied
}
