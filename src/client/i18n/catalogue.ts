import type { ErrorCode } from '../../protocol/errors.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { ProbeCause } from '../../protocol/probe.ts'
import type { ptBR } from './pt-BR.ts'

/** Every text of the interface. The Portuguese one says which there are; another language must have the same. */
export type Catalogue = typeof ptBR

/** What the interface is given: its texts, and what people read for each error code and each finding of the probe. */
export type Messages = Catalogue & { errors: Record<ErrorCode, string>; probe: Record<ProbeCause, string> }

declare module 'use-intl' {
  interface AppConfig {
    Locale: Locale
    Messages: Messages
  }
}
