import type { Locale } from '../../protocol/locale.ts'
import { useLanguage } from '../../react/components/textProvider.tsx'
import { adminEnglish } from './texts/adminEnglish.ts'
import { type AdminTexts, adminPortuguese } from './texts/adminPortuguese.ts'
import { adminSpanish } from './texts/adminSpanish.ts'

/** Apart from the catalogues, because the chat fetches those. */
export const ADMIN_TEXTS: Record<Locale, AdminTexts> = {
  'pt-BR': adminPortuguese,
  en: adminEnglish,
  es: adminSpanish,
}

/** The texts of these pages, in the language of the page. */
export function useAdminTexts(): AdminTexts {
  return ADMIN_TEXTS[useLanguage().locale]
}
