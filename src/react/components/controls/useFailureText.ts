import { useTranslations } from 'use-intl'
import type { Failure } from '../../../client/api.ts'

/** Gives the function that says a failure in the language of the page. */
export function useFailureText(): (failure: Failure) => string {
  const t = useTranslations()
  return failure => {
    if (failure === 'UNREACHABLE') return t('notice.unreachable')
    if (failure === 'COOKIES_LOST') return t('notice.cookiesLost')
    return failure === 'OUTDATED' ? t('notice.outdated') : t(`errors.${failure}`)
  }
}
