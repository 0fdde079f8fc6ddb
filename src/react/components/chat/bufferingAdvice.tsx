import { X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { Diagnosis } from '../../../protocol/probe.ts'
import { remediesOf } from '../../../protocol/proxyRemedies.ts'
import { Button } from '../controls/button.tsx'
import { Summary } from '../controls/summary.tsx'

interface BufferingAdviceProps {
  diagnosis: Diagnosis
  onDismiss(): void
}

/** Says that something between browser and server holds replies back, and which settings of a proxy help. */
export function BufferingAdvice({ diagnosis, onDismiss }: BufferingAdviceProps) {
  const t = useTranslations()
  const [cause, ...others] = diagnosis.causes
  if (!cause) return null
  return (
    <div className="mb-2 flex items-start gap-2 rounded-lg bg-subtle py-1 pr-1 pl-3 text-sm">
      <div className="max-h-60 min-w-0 flex-1 overflow-y-auto py-2">
        <p>{t(`probe.${cause}`)}</p>
        <details className="mt-1">
          <Summary className="text-muted pointer-coarse:py-3">{t('notice.mend')}</Summary>
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
      <Button shape="icon" aria-label={t('notice.dismiss')} onClick={onDismiss}>
        <X aria-hidden className="size-4" />
      </Button>
    </div>
  )
}
