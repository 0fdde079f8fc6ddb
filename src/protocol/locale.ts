export const LOCALES = ['pt-BR', 'en', 'es'] as const
export type Locale = (typeof LOCALES)[number]
export const DEFAULT_LOCALE: Locale = 'pt-BR'

/**
 * The first of `languages` (BCP 47 tags, best first) that Riacho has. Only the primary subtag counts, because a reader
 * of `pt-PT` or `es-AR` is better served by `pt-BR` or `es` than by the default.
 */
export function localeOf(languages: readonly string[]): Locale {
  for (const language of languages) {
    const primary = language.split('-')[0]?.toLowerCase()
    const locale = LOCALES.find(candidate => candidate.split('-')[0] === primary)
    if (locale) return locale
  }
  return DEFAULT_LOCALE
}

/** Name of the cookie in which the page keeps the language a person chose. */
export const LOCALE_COOKIE = 'riacho_locale'

/** A language chosen by its exact tag; `undefined` for anything else. */
export function localeChosen(value: string | undefined): Locale | undefined {
  return LOCALES.find(locale => locale === value)
}
