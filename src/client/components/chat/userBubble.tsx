import { memo } from 'react'
import { useTranslations } from 'use-intl'

/** What a person wrote, as they wrote it. `state` while the server has not confirmed it. */
export const UserBubble = memo(function UserBubble({
  text,
  state,
}: {
  text: string
  state?: 'sending' | 'waiting'
}) {
  const t = useTranslations()
  return (
    <li className="flex flex-col items-end">
      <h2 className="sr-only">{t('message.yours')}</h2>
      <div
        className={`max-w-[85%] whitespace-pre-wrap break-words rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 ${state ? 'opacity-70' : ''}`}
      >
        {text}
      </div>
      {state && (
        <p className="mt-1 text-muted text-xs">
          {state === 'waiting' ? t('message.waiting') : t('message.sending')}
        </p>
      )}
    </li>
  )
})
