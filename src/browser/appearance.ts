import { LOCALE_COOKIE, type Locale } from '../protocol/locale.ts'
import { CONTRAST_COOKIE, THEME_COOKIE, THEMES } from '../protocol/pages.ts'

export type Theme = 'system' | 'light' | 'dark'

const ONE_YEAR = 31_536_000

/** The colours of the page's background, which the browser also uses for its bar around the page. */
export const BROWSER_BAR = { light: '#faf9f5', dark: '#0f1516' } as const

/** The theme that a person chose. */
export function readTheme(): Theme {
  const { theme } = document.documentElement.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

/** Shows a theme at once, and saves it. */
export function chooseTheme(theme: Theme): void {
  const value = theme === 'system' ? undefined : theme
  setData('theme', value)
  for (const scheme of THEMES)
    document
      .querySelector(`meta[name="theme-color"][media*="${scheme}"]`)
      ?.setAttribute('content', BROWSER_BAR[value ?? scheme])
  writeCookie(THEME_COOKIE, value)
}

export function hasHighContrast(): boolean {
  return document.documentElement.dataset['contrast'] === 'high'
}

/** Shows high contrast, or what the system asks for, and saves it. */
export function chooseHighContrast(isHigh: boolean): void {
  const value = isHigh ? 'high' : undefined
  setData('contrast', value)
  writeCookie(CONTRAST_COOKIE, value)
}

const PREFERENCES = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']

/** A text that differs whenever the page shows other colours. */
export function readColours(): string {
  const { theme, contrast } = document.documentElement.dataset
  const preferred = PREFERENCES.map(query => window.matchMedia(query).matches)
  return `${theme} ${contrast} ${preferred}`
}

/** Calls `onChange` when the page may show other colours. Gives the function that stops it. */
export function watchColours(onChange: () => void): () => void {
  const stop = new AbortController()
  const choice = new MutationObserver(onChange)
  choice.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-contrast'] })
  for (const query of PREFERENCES)
    window.matchMedia(query).addEventListener('change', onChange, { signal: stop.signal })
  return () => {
    choice.disconnect()
    stop.abort()
  }
}

/** Saves the language for the pages and error messages that the server writes. */
export function saveLocale(locale: Locale): void {
  document.documentElement.lang = locale
  writeCookie(LOCALE_COOKIE, locale)
}

function setData(name: string, value: string | undefined): void {
  const { dataset } = document.documentElement
  if (value === undefined) delete dataset[name]
  else dataset[name] = value
}

function writeCookie(name: string, value: string | undefined): void {
  const age = value === undefined ? 0 : ONE_YEAR
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API exists over https only
  document.cookie = `${name}=${value ?? ''}; SameSite=Lax; Path=/; Max-Age=${age}`
}
