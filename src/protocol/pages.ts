import type { Locale } from './locale.ts'

/** The documents that the build draws and the server answers with. */
export const DOCUMENT_KINDS = ['chat', 'shared', 'not-found'] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]

/** What a person can choose of the looks of a page; what is not chosen is up to their system. */
export const THEMES = ['light', 'dark'] as const
export const CONTRASTS = ['high'] as const

/** Names of the cookies in which a page keeps what was chosen. */
export const THEME_COOKIE = 'riacho_theme'
export const CONTRAST_COOKIE = 'riacho_contrast'

export interface Look {
  locale: Locale
  theme?: (typeof THEMES)[number] | undefined
  contrast?: (typeof CONTRASTS)[number] | undefined
}

/** Where, within a build, the document of such looks is. */
export function documentPath(kind: DocumentKind, { locale, theme, contrast }: Look): string {
  return `documents/${[kind, locale, theme, contrast].filter(Boolean).join('.')}.html`
}

/** Where, within a build, the description of the installed page is. */
export function manifestPath(locale: Locale): string {
  return `documents/${locale}.webmanifest`
}

/** Forms in which a build holds a file, best first, and what each adds to its name. */
export const ENCODINGS = { br: '.br', gzip: '.gz', identity: '' } as const
export type Encoding = keyof typeof ENCODINGS

/** Every file of a build, with its bytes in each form. */
export type BuildIndex = Record<string, Partial<Record<Encoding, number>>>
export const BUILD_INDEX = 'index.json'
