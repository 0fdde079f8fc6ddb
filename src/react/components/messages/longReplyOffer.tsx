import { memo, useEffect, useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import {
  DEFAULT_SETTINGS,
  readSettings,
  subscribeToSettings,
  writeSettings,
} from '../../../browser/preferences.ts'
import { askToNotify, canNotify, LONG_REPLY } from '../../../browser/systemNotices.ts'
import { Button } from '../controls/button.tsx'
import { focusHome } from '../controls/focus.ts'

/**
 * Below a reply that takes long: offers, once, to tell when such a reply has ended. It is drawn apart from the reply that
 * grows, because asking the browser for its permission stops the page until another process answers.
 */
export const LongReplyOffer = memo(function LongReplyOffer() {
  const t = useTranslations()
  const { longReplies } = useSyncExternalStore(subscribeToSettings, readSettings, () => DEFAULT_SETTINGS)
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_REPLY)
    return () => clearTimeout(timer)
  }, [])
  if (!isLong || longReplies !== 'unasked' || !canNotify()) return null
  const choose = async (isWanted: boolean) => {
    focusHome()
    writeSettings({ longReplies: isWanted && (await askToNotify()) ? 'on' : 'off' })
  }
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-2 text-muted text-sm">
      {t('notify.offer')}
      <Button shape="quiet" className="underline" onClick={() => choose(true)}>
        {t('notify.accept')}
      </Button>
      <Button shape="quiet" onClick={() => choose(false)}>
        {t('notify.decline')}
      </Button>
    </p>
  )
})
