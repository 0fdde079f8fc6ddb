import type { MetadataRoute } from 'next'
import { CATALOGUES } from '../client/i18n/catalogues.ts'
import { requestLocale } from './requestLocale.ts'

/** What an installed Riacho is called and looks like. */
export default async function manifest(): Promise<MetadataRoute.Manifest> {
  const locale = await requestLocale()
  const { name, description } = CATALOGUES[locale].app
  return {
    id: '/',
    name,
    short_name: name,
    description,
    lang: locale,
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#faf9f5',
    theme_color: '#0a6a68',
    icons: [
      { src: '/icons/192.png', sizes: '192x192', type: 'image/png' },
      { src: '/icons/512.png', sizes: '512x512', type: 'image/png' },
      { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
  }
}
