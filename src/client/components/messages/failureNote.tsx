import { useTranslations } from 'use-intl'
import type { Failure } from '../../api.ts'

/** Why something asked for in a dialog did not happen. */
export function FailureNote({ failure }: { failure: Failure | null }) {
  const t = useTranslations()
  return (
    <div role="alert">
      {failure && (
        <p className="mb-3 rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm">
          {failure === 'UNREACHABLE' ? t('notice.unreachable') : t(`errors.${failure}`)}
        </p>
      )}
    </div>
  )
}
