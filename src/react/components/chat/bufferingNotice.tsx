import { X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { type Diagnosis, remediesOf } from '../../../protocol/probe.ts'
import { Button } from '../controls/button.tsx'
import { focusHome } from '../controls/focus.ts'

/** Says that something between browser and server holds replies back, and which settings of a proxy help. */
export function BufferingNotice({ client, diagnosis }: { client: ChatClient; diagnosis: Diagnosis | null }) {
  const t = useTranslations()
  const [cause, ...others] = diagnosis?.causes ?? []
  return (
    <div className="mx-auto w-full max-w-3xl px-4" role="status">
      {diagnosis && cause && (
        <div className="mb-2 flex items-start gap-2 rounded-lg bg-subtle py-1 pr-1 pl-3 text-sm">
          <div className="max-h-60 min-w-0 flex-1 overflow-y-auto py-2">
            <p>{t(`probe.${cause}`)}</p>
            <details className="mt-1">
              <summary className="cursor-pointer text-muted pointer-coarse:py-3">{t('notice.mend')}</summary>
              {others.map(other => (
                <p key={other} className="mt-1">
                  {t(`probe.${other}`)}
                </p>
              ))}
              <ul className="mt-1 space-y-1">
                {remediesOf(diagnosis).map(({ proxy, lines }) => (
                  <li key={proxy}>
                    {proxy}
                    {lines.map(line => (
                      <code key={line} className="block break-words font-mono">
                        {line}
                      </code>
                    ))}
                  </li>
                ))}
              </ul>
            </details>
          </div>
          <Button
            shape="icon"
            aria-label={t('notice.dismiss')}
            onClick={() => {
              client.dismissBuffering()
              focusHome()
            }}
          >
            <X aria-hidden className="size-4" />
          </Button>
        </div>
      )}
    </div>
  )
}
