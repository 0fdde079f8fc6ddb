import { useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { OpenConversation } from '../../../client/chat/chatState.ts'
import { Button } from '../controls/button.tsx'
import { focusedElement, focusHome, passFocus } from '../controls/focus.ts'

interface PlaceholderProps {
  client: ChatClient
  open: OpenConversation
}

const passOn = passFocus(focusHome)

/** Stands in the place of messages while there are none, and says why. */
export function Placeholder({ client, open }: PlaceholderProps) {
  const t = useTranslations()
  if (open.status === 'loading' && open.id !== null) return <LoadingMessages />
  return (
    <div
      ref={passOn}
      className="flex min-h-0 flex-1 flex-col overflow-y-auto px-4 py-8 [scrollbar-gutter:stable]"
    >
      <div className="m-auto w-full max-w-xl text-center">
        {open.status === 'failed' && (
          <>
            <p role="alert">{t('conversation.failed')}</p>
            <Button ref={passOn} shape="secondary" className="mt-4" onClick={client.refresh}>
              {t('conversation.again')}
            </Button>
          </>
        )}
        {open.status === 'not-found' && <NotFound onLeave={() => client.open(null)} />}
      </div>
    </div>
  )
}

function NotFound({ onLeave }: { onLeave(): void }) {
  const t = useTranslations()
  const heading = useRef<HTMLHeadingElement>(null)
  // The conversation was deleted elsewhere, and the field that had the focus went with it.
  useEffect(() => {
    if (!focusedElement()) heading.current?.focus()
  }, [])
  return (
    <>
      <h2 ref={heading} tabIndex={-1} className="font-semibold text-2xl outline-none">
        {t('conversation.notFound')}
      </h2>
      <p className="mt-2 text-muted">{t('conversation.notFoundBody')}</p>
      <Button ref={passOn} shape="primary" className="mt-6" onClick={onLeave}>
        {t('list.start')}
      </Button>
    </>
  )
}

/** Shown while messages are read: bars in the place of a question and its reply. */
export function LoadingMessages() {
  const t = useTranslations()
  const bar = 'h-4 rounded bg-subtle motion-safe:animate-pulse'
  return (
    <section
      ref={passOn}
      data-messages
      aria-label={t('conversation.label')}
      tabIndex={-1}
      aria-busy="true"
      className="gutter min-h-0 flex-1"
    >
      <div>
        <div className="column px-4 py-6">
          <p className="sr-only">{t('conversation.loading')}</p>
          <div aria-hidden className="space-y-4">
            <div className={`${bar} ml-auto h-11! w-1/2`} />
            <div className={`${bar} w-full`} />
            <div className={`${bar} w-11/12`} />
            <div className={`${bar} w-3/4`} />
          </div>
        </div>
      </div>
    </section>
  )
}
