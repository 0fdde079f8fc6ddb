import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { OfflineShell } from '../client/components/offlineShell.tsx'
import { TextProvider } from '../client/components/textProvider.tsx'
import { CATALOGUES } from '../client/i18n/catalogues.ts'
import './globals.css'
import { requestLocale } from './requestLocale.ts'

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  interactiveWidget: 'resizes-content',
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#faf9f5' },
    { media: '(prefers-color-scheme: dark)', color: '#0f1516' },
  ],
}

export async function generateMetadata(): Promise<Metadata> {
  const { name, description } = CATALOGUES[await requestLocale()].app
  return {
    title: name,
    description,
    robots: { index: false },
    appleWebApp: { capable: true, title: name, statusBarStyle: 'default' },
  }
}

/** Reading the request's headers makes every page dynamic, so that Next.js puts the request's nonce on its scripts. */
export default async function Layout({ children }: { children: ReactNode }) {
  const locale = await requestLocale()
  const chosen = await cookies()
  return (
    <html
      lang={locale}
      data-theme={oneOf(['light', 'dark'], chosen.get('riacho_theme')?.value)}
      data-contrast={oneOf(['high'], chosen.get('riacho_contrast')?.value)}
    >
      <body>
        <TextProvider locale={locale} messages={CATALOGUES[locale]}>
          {children}
        </TextProvider>
        <OfflineShell />
      </body>
    </html>
  )
}

function oneOf(values: readonly string[], value: string | undefined): string | undefined {
  return values.find(known => known === value)
}
