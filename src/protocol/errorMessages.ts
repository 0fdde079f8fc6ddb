import type { ErrorCode } from './errors.ts'
import type { Locale } from './locale.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { ptBR } from './texts/pt-BR.ts'

/** What a person reads for each code, in every language. */
export const ERROR_MESSAGES: Record<Locale, Record<ErrorCode, string>> = {
  'pt-BR': ptBR.errors,
  en: en.errors,
  es: es.errors,
}
