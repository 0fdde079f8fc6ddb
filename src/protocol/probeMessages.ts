import type { Locale } from './locale.ts'
import type { ProbeCause } from './probe.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { ptBR } from './texts/pt-BR.ts'

/** What a person reads of each cause, in every language. */
export const PROBE_MESSAGES: Record<Locale, Record<ProbeCause, string>> = {
  'pt-BR': ptBR.probe,
  en: en.probe,
  es: es.probe,
}
