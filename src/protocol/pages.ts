import type { Locale } from './locale.ts'

/** The path of the page for accounts, and the name in its query of the path to which it leads back. */
export const ACCOUNT_PAGE = '/account'
export const NEXT_QUERY = 'next'

/** The documents that the build draws and the server answers with. `start` is a new conversation, `chat` a stored one,
 * `widget` the page in a frame of another site, `admin` the pages of administrators. */
export const DOCUMENT_KINDS = ['start', 'chat', 'shared', 'account', 'widget', 'admin', 'not-found'] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]

/** What a person can choose of the look of a page. The system decides what the person does not choose. */
export const THEMES = ['light', 'dark'] as const
export const CONTRASTS = ['high'] as const

/** Names of the cookies that keep the choice. */
export const THEME_COOKIE = 'riacho_theme'
export const CONTRAST_COOKIE = 'riacho_contrast'

export interface Look {
  locale: Locale
  theme?: (typeof THEMES)[number] | undefined
  contrast?: (typeof CONTRASTS)[number] | undefined
}

/** The path, within a build, of the document with this look. */
export function documentPath(kind: DocumentKind, { locale, theme, contrast }: Look): string {
  return `documents/${[kind, locale, theme, contrast].filter(Boolean).join('.')}.html`
}

/** The path, within a build, of the web app manifest. */
export function manifestPath(locale: Locale): string {
  return `documents/${locale}.webmanifest`
}

/** The encodings in which a build holds a file, best first, and what each adds to the file name. */
export const ENCODINGS = { br: '.br', gzip: '.gz', identity: '' } as const
export type Encoding = keyof typeof ENCODINGS

/** Every file of a build, with its length in bytes in each encoding. */
export type BuildIndex = Record<string, Partial<Record<Encoding, number>>>
export const BUILD_INDEX = 'index.json'

/** The licences of all that ships in the pages. */
export const LICENSES_FILE = 'third-party-licenses.txt'
