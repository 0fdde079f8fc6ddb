import { ERROR_MESSAGES } from '../../protocol/errorMessages.ts'
import type { Locale } from '../../protocol/locale.ts'
import { PROBE_MESSAGES } from '../../protocol/probeMessages.ts'
import type { Catalogue, Messages } from './catalogue.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { ptBR } from './pt-BR.ts'

export const CATALOGUES: Record<Locale, Catalogue> = { 'pt-BR': ptBR, en, es }

/** Every text a person can read in `locale`. For the server: a browser is sent one language, not three. */
export function messagesOf(locale: Locale): Messages {
  return { ...CATALOGUES[locale], errors: ERROR_MESSAGES[locale], probe: PROBE_MESSAGES[locale] }
}
