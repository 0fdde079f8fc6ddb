import type { ReactNode } from 'react'
import type { Locale } from '../protocol/locale.ts'
import { OfflineShell } from '../react/components/offlineShell.tsx'
import { TextProvider } from '../react/components/textProvider.tsx'
import type { Catalogue } from '../react/i18n/catalogue.ts'
import { PageBoundary } from './pageBoundary.tsx'

interface AppProps {
  locale: Locale
  messages: Catalogue
  /** The page itself. */
  children: ReactNode
}

/** The frame around every page. The build and the browser draw the same at first, so that hydration changes nothing. */
export function App({ locale, messages, children }: AppProps) {
  return (
    <TextProvider locale={locale} messages={messages}>
      <PageBoundary>{children}</PageBoundary>
      <OfflineShell />
    </TextProvider>
  )
}
