import { Info } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { AssistantMessage } from '../../../protocol/responses.ts'
import { IconButton } from '../controls/iconButton.tsx'
import { PopoverPart, preloadPopover } from '../controls/popoverPart.tsx'

/** The button that shows the model, date, tokens, times and cost of a reply, as far as they are known. */
export function Details({ message }: { message: AssistantMessage }) {
  const t = useTranslations()
  const button = useRef<HTMLButtonElement>(null)
  const [isOpen, setOpen] = useState(false)
  const onClose = useCallback(() => setOpen(false), [])
  return (
    <>
      <IconButton
        ref={button}
        label={t('details.title')}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={preloadPopover}
        onFocus={preloadPopover}
        onClick={() => setOpen(!isOpen)}
      >
        <Info aria-hidden className="size-4" />
      </IconButton>
      {isOpen && (
        <PopoverPart anchor={button} label={t('details.title')} onClose={onClose}>
          <Facts message={message} />
        </PopoverPart>
      )}
    </>
  )
}

function Facts({ message }: { message: AssistantMessage }) {
  const facts = useFacts(message).filter(([, value]) => value !== null)
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="break-words text-right tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function useFacts({ model, usage, timing, cost, createdAt }: AssistantMessage): [string, string | null][] {
  const t = useTranslations()
  const format = useFormatter()
  const duration = (milliseconds: number | null | undefined) => {
    if (milliseconds === null || milliseconds === undefined) return null
    if (milliseconds < 1000) return format.number(milliseconds, { style: 'unit', unit: 'millisecond' })
    return format.number(milliseconds / 1000, { style: 'unit', unit: 'second', maximumFractionDigits: 1 })
  }
  const tokens = (count: number | undefined) => (count === undefined ? null : format.number(count))
  const input = usage?.cachedTokens
    ? t('details.cached', { tokens: usage.inputTokens, cached: usage.cachedTokens })
    : tokens(usage?.inputTokens)
  const output = usage?.reasoningTokens
    ? t('details.reasoned', { tokens: usage.outputTokens, reasoning: usage.reasoningTokens })
    : tokens(usage?.outputTokens)
  const speed = speedOf({ usage, timing })
  return [
    [t('details.when'), format.dateTime(new Date(createdAt), { dateStyle: 'medium', timeStyle: 'short' })],
    [t('details.model'), model === '' ? null : model],
    [t('details.input'), input],
    [t('details.output'), output],
    [t('details.cost'), cost && format.number(cost.amount, moneyOf(cost.currency))],
    [t('details.first'), duration(timing?.firstTokenMs)],
    [t('details.reasoning'), duration(timing?.reasoningMs)],
    [t('details.total'), duration(timing?.totalMs)],
    [t('details.speed'), speed === null ? null : t('details.perSecond', { tokens: speed })],
  ]
}

/** Six digits, because a reply often costs a fraction of a cent. */
function moneyOf(currency: string) {
  return { style: 'currency', currency, minimumFractionDigits: 2, maximumFractionDigits: 6 } as const
}

/** Tokens a second from the first text on; `null` if that is not known, or the time is too short to say. */
function speedOf({ usage, timing }: Pick<AssistantMessage, 'usage' | 'timing'>): number | null {
  if (!usage || !timing || timing.firstTokenMs === null) return null
  const writing = timing.totalMs - timing.firstTokenMs
  return writing < 50 ? null : Math.round((usage.outputTokens * 1000) / writing)
}
