import { ACCOUNT_TEXTS, type AccountTexts } from '../../i18n/accountTexts.ts'
import { useLanguage } from '../textProvider.tsx'

/** The texts about accounts, in the language of the page. */
export function useAccountTexts(): AccountTexts {
  return ACCOUNT_TEXTS[useLanguage().locale]
}
