import type { Locale } from '../../protocol/locale.ts'
import type { Catalogue } from './catalogue.ts'

const LOADERS: Record<Locale, () => Promise<Catalogue>> = {
  'pt-BR': () => import('./pt-BR.ts').then(({ ptBR }) => ptBR),
  en: () => import('./en.ts').then(({ en }) => en),
  es: () => import('./es.ts').then(({ es }) => es),
}

/** Fetches the texts of one language. */
export function loadCatalogue(locale: Locale): Promise<Catalogue> {
  return LOADERS[locale]()
}
