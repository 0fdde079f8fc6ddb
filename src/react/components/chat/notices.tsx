import { WifiOff, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { takeErasedNote } from '../../../browser/erasedNote.ts'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { ACCOUNT_PAGE } from '../../../protocol/pages.ts'
import { Button } from '../controls/button.tsx'
import { focusHome } from '../controls/focus.ts'
import { useFailureText } from '../controls/useFailureText.ts'

/** Says that there is no network, and why the last thing that the person asked for did not happen. */
export function Notices({
  client,
  notice,
  online,
}: {
  client: ChatClient
  notice: Failure | null
  online: boolean
}) {
  const t = useTranslations()
  return (
    <div className="column px-4">
      <div role="status">
        {!online && (
          <p className="mb-2 flex items-center gap-2 rounded-lg bg-subtle px-3 py-2 text-sm">
            <WifiOff aria-hidden className="size-4 shrink-0" />
            {t('notice.offline')}
          </p>
        )}
      </div>
      <ErasedNote />
      <FailureNotice client={client} notice={notice} />
    </div>
  )
}

/** Confirms, on the page that follows, that everything was erased. */
function ErasedNote() {
  const t = useTranslations()
  const [isErased, setErased] = useState(false)
  useEffect(() => setErased(takeErasedNote()), [])
  return (
    <div role="status">
      {isErased && <p className="mb-2 rounded-lg bg-subtle px-3 py-2 text-sm">{t('notice.erased')}</p>}
    </div>
  )
}

/** Says why the last thing that the person asked for did not happen, until it is dismissed. */
export function FailureNotice({ client, notice }: { client: ChatClient; notice: Failure | null }) {
  const t = useTranslations()
  const describe = useFailureText()
  return (
    <div role="alert">
      {notice && (
        <p className="mb-2 flex items-center gap-2 rounded-lg bg-danger-soft py-1 pr-1 pl-3 text-danger text-sm">
          <span className="flex-1">{describe(notice)}</span>
          {notice === 'OUTDATED' && (
            <Button shape="quiet" className="text-danger underline" onClick={() => location.reload()}>
              {t('page.reload')}
            </Button>
          )}
          {notice === 'SIGN_IN_REQUIRED' && (
            <a href={ACCOUNT_PAGE} className="px-2.5 py-2 underline">
              {t('notice.signIn')}
            </a>
          )}
          <Button
            shape="icon"
            className="text-danger"
            aria-label={t('notice.dismiss')}
            onClick={() => {
              client.dismissNotice()
              focusHome()
            }}
          >
            <X aria-hidden className="size-4" />
          </Button>
        </p>
      )}
    </div>
  )
}
