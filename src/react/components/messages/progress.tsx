import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { LiveRun } from '../../../client/chat/chatState.ts'
import { hasText, type Part } from '../../../protocol/parts.ts'

/** Milliseconds without anything new after which the page says what it waits for. */
const SILENCE = 10_000

/** Says what a growing reply waits for, if it waits. */
export function Progress({ run, parts }: { run: LiveRun; parts: readonly Part[] }) {
  const t = useTranslations()
  const isSilent = useSilence(parts)
  if (!run.connected) return <p className="mt-2 text-muted text-sm">{t('message.reconnecting')}</p>
  if (run.wait) return <p className="mt-2 text-muted text-sm">{t(`errors.${run.wait}`)}</p>
  if (run.retry) return <ProviderRetry at={run.retry.at} />
  if (isSilent)
    return (
      <p role="status" className="mt-2 text-muted text-sm">
        {t(parts.length === 0 ? 'message.waitingFirst' : 'message.waitingMore')}
      </p>
    )
  if (hasText(parts)) return null
  return (
    <p className="flex h-7 items-center gap-1.5">
      <span className="sr-only">{t('message.writing')}</span>
      <span aria-hidden className="typing-dot" />
      <span aria-hidden className="typing-dot" />
      <span aria-hidden className="typing-dot" />
    </p>
  )
}

/** Whether nothing new has come for a while. */
function useSilence(parts: readonly Part[]): boolean {
  const [silentParts, setSilentParts] = useState<readonly Part[] | null>(null)
  const last = useRef({ parts, at: 0 })
  useLayoutEffect(() => {
    last.current = { parts, at: performance.now() }
  }, [parts])
  useEffect(() => {
    let timer = setTimeout(look, SILENCE)
    // One timer that looks again, because setting one for each draw takes longer than all else here.
    function look() {
      const left = last.current.at + SILENCE - performance.now()
      if (left <= 0) setSilentParts(last.current.parts)
      timer = setTimeout(look, left > 0 ? left : SILENCE)
    }
    return () => clearTimeout(timer)
  }, [])
  return silentParts === parts
}

function ProviderRetry({ at }: { at: number }) {
  const t = useTranslations()
  const seconds = useSecondsUntil(at)
  return (
    <p className="mt-2 text-muted text-sm">
      {seconds > 0 ? t('message.providerRetry', { seconds }) : t('message.providerRetryNow')}
    </p>
  )
}

/** The whole seconds until `at` (milliseconds since 1970), counting down to 0. */
function useSecondsUntil(at: number): number {
  const [now, setNow] = useState(() => Date.now())
  const seconds = Math.max(0, Math.ceil((at - now) / 1000))
  useEffect(() => {
    if (seconds === 0) return
    const timer = setTimeout(() => setNow(Date.now()), 1000)
    return () => clearTimeout(timer)
  }, [seconds])
  return seconds
}
