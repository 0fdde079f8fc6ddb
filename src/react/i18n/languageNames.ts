import type { Locale } from '../../protocol/locale.ts'

/** Each language as those who speak it call it. */
export const LANGUAGE_NAMES: readonly { locale: Locale; name: string }[] = [
  { locale: 'pt-BR', name: 'Português (Brasil)' },
  { locale: 'en', name: 'English' },
  { locale: 'es', name: 'Español' },
]
