import { Check, CircleAlert, Copy, RotateCcw } from 'lucide-react'
import { memo, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { textOf } from '../../../protocol/events.ts'
import type { AssistantMessage } from '../../../protocol/responses.ts'
import { Button } from './button.tsx'
import { Parts } from './parts.tsx'

interface StoredReplyProps {
  message: AssistantMessage
  /** Asks for another reply to the message this one answers; `null` when it is not the last one, or one is coming. */
  onRetry: ((userMessageId: string) => void) | null
}

/** A reply that has ended: its text and, when it did not end well, what happened and the way on. */
export const StoredReply = memo(function StoredReply({ message, onRetry }: StoredReplyProps) {
  const t = useTranslations()
  const text = textOf(message.parts)
  const isBroken = message.status === 'failed' || message.status === 'interrupted'
  return (
    <li>
      <h2 className="sr-only">{t('message.reply')}</h2>
      <Parts parts={message.parts} isStreaming={false} />
      {isBroken && (
        <p className="mt-3 flex gap-2 rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {t(`errors.${message.code ?? 'UPSTREAM_ERROR'}`)}
        </p>
      )}
      {message.status === 'stopped' && <p className="mt-2 text-muted text-sm">{t('message.stopped')}</p>}
      <div className="-ml-2.5 mt-1 flex flex-wrap items-center gap-1">
        {text !== '' && <CopyButton text={text} />}
        {onRetry && message.status !== 'completed' && (
          <Button
            shape={isBroken && message.retryable ? 'secondary' : 'quiet'}
            className={isBroken && message.retryable ? 'ml-2.5' : ''}
            onClick={() => onRetry(message.parentId)}
          >
            <RotateCcw aria-hidden className="size-4" />
            {t('message.retry')}
          </Button>
        )}
      </div>
    </li>
  )
})

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
