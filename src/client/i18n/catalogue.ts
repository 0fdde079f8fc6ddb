import type { ErrorCode } from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { ptBR } from './pt-BR.ts'

/** Every text of the interface. The Portuguese one says which there are; another language must have the same. */
export type Catalogue = typeof ptBR

/** What the interface is given: its texts, and what people read for each error code. */
export type Messages = Catalogue & { errors: Record<ErrorCode, string> }

declare module 'use-intl' {
  interface AppConfig {
    Locale: Locale
    Messages: Messages
  }
}
