import { BROWSER_BAR } from '../browser/appearance.ts'
import type { Locale } from '../protocol/locale.ts'
import { CATALOGUES } from '../react/i18n/catalogues.ts'

/** The web app manifest: the name and look of an installed Riacho. */
export function manifestOf(locale: Locale): string {
  const { name, description } = CATALOGUES[locale].app
  return JSON.stringify({
    id: '/',
    name,
    short_name: name,
    description,
    lang: locale,
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: BROWSER_BAR.light,
    theme_color: '#0a6a68',
    icons: [
      { src: '/icons/192.png', sizes: '192x192', type: 'image/png' },
      { src: '/icons/512.png', sizes: '512x512', type: 'image/png' },
      { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
  })
}
