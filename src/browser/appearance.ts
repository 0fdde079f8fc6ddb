import { LOCALE_COOKIE, type Locale } from '../protocol/locale.ts'
import { CONTRAST_COOKIE, THEME_COOKIE, THEMES } from '../protocol/pages.ts'

export type Theme = 'system' | 'light' | 'dark'

const ONE_YEAR = 31_536_000

/** What the system draws around the page: the colour of its background. */
export const AROUND = { light: '#faf9f5', dark: '#0f1516' } as const

/** The theme that was chosen, as the page shows it now. */
export function readTheme(): Theme {
  const { theme } = document.documentElement.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

/** Shows a theme at once, and keeps it. */
export function chooseTheme(theme: Theme): void {
  const value = theme === 'system' ? undefined : theme
  setData('theme', value)
  for (const scheme of THEMES)
    document
      .querySelector(`meta[name="theme-color"][media*="${scheme}"]`)
      ?.setAttribute('content', AROUND[value ?? scheme])
  writeCookie(THEME_COOKIE, value)
}

export function hasHighContrast(): boolean {
  return document.documentElement.dataset['contrast'] === 'high'
}

/** Shows more contrast than the system asks for, or just that, and keeps it. */
export function chooseHighContrast(isHigh: boolean): void {
  const value = isHigh ? 'high' : undefined
  setData('contrast', value)
  writeCookie(CONTRAST_COOKIE, value)
}

const PREFERENCES = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']

/** Which of its colours the page shows now; another text when they are others. */
export function readColours(): string {
  const { theme, contrast } = document.documentElement.dataset
  const preferred = PREFERENCES.map(query => window.matchMedia(query).matches)
  return `${theme} ${contrast} ${preferred}`
}

/** Calls when the page may show other colours, until what it answers is called. */
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

/** Keeps a language for the pages and the messages that the server writes. */
export function keepLocale(locale: Locale): void {
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
