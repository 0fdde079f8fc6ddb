import './globals.css'
import type { ReactNode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { DEFAULT_LOCALE, localeChosen } from '../protocol/locale.ts'
import { loadCatalogue } from '../react/i18n/loadCatalogue.ts'
import { App } from './app.tsx'

/**
 * Hydrates the page in the language of its document. If the texts of that language cannot be fetched, the document's own
 * note says so.
 */
export async function start(page: ReactNode): Promise<void> {
  const locale = localeChosen(document.documentElement.lang) ?? DEFAULT_LOCALE
  const late = document.getElementById('late')
  const messages = await loadCatalogue(locale).catch(() => null)
  if (!messages) {
    late?.classList.add('shown')
    return
  }
  late?.remove()
  const root = document.getElementById('root')
  if (!root) throw new Error('client-5: the document has no root')
  hydrateRoot(
    root,
    <App locale={locale} messages={messages}>
      {page}
    </App>,
  )
}
