import type { Locale } from '../../protocol/locale.ts'
import type { Catalogue } from './catalogue.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { ptBR } from './pt-BR.ts'

/** All languages at once. A page fetches its own alone, by `loadCatalogue`. */
export const CATALOGUES: Record<Locale, Catalogue> = { 'pt-BR': ptBR, en, es }
