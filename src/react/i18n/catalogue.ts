import type { Locale } from '../../protocol/locale.ts'
import type { ptBR } from './pt-BR.ts'

/** Every text a person can read. The Portuguese one says which there are; another language must have the same. */
export type Catalogue = typeof ptBR

declare module 'use-intl' {
  interface AppConfig {
    Locale: Locale
    Messages: Catalogue
  }
}
