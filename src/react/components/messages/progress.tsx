import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { LiveRun } from '../../../client/chat/chatState.ts'

/** What a growing reply waits for, if it waits. */
export function Progress({ run, isBlank }: { run: LiveRun; isBlank: boolean }) {
  const t = useTranslations()
  if (!run.connected) return <p className="mt-2 text-muted text-sm">{t('message.reconnecting')}</p>
  if (run.wait) return <p className="mt-2 text-muted text-sm">{t(`errors.${run.wait}`)}</p>
  if (run.retry) return <ProviderRetry at={run.retry.at} />
  if (!isBlank) return null
  return (
    <p className="flex h-7 items-center gap-1.5">
      <span className="sr-only">{t('message.writing')}</span>
      <span aria-hidden className="typing-dot" />
      <span aria-hidden className="typing-dot" />
      <span aria-hidden className="typing-dot" />
    </p>
  )
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
