import './admin/admin.css'
import { createRoot } from 'react-dom/client'
import { DEFAULT_LOCALE, localeChosen } from '../protocol/locale.ts'
import { loadCatalogue } from '../react/i18n/loadCatalogue.ts'
import { AdminPage } from './admin/adminPage.tsx'
import { sectionOf } from './admin/adminSections.ts'
import { App } from './app.tsx'

const locale = localeChosen(document.documentElement.lang) ?? DEFAULT_LOCALE
const late = document.getElementById('late')
const root = document.getElementById('root')
if (!root) throw new Error('client-8: the document has no root')
const messages = await loadCatalogue(locale).catch(() => null)
if (messages) {
  late?.remove()
  createRoot(root).render(
    <App locale={locale} messages={messages}>
      <AdminPage section={sectionOf(location.pathname)} />
    </App>,
  )
} else late?.classList.add('shown')
