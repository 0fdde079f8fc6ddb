import type { Metadata, Viewport } from 'next'
import type { ReactNode } from 'react'
import { TextProvider } from '../client/components/textProvider.tsx'
import { CATALOGUES, messagesOf } from '../client/i18n/catalogues.ts'
import './globals.css'
import { requestLocale } from './requestLocale.ts'

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  interactiveWidget: 'resizes-content',
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbfbfa' },
    { media: '(prefers-color-scheme: dark)', color: '#111616' },
  ],
}

export async function generateMetadata(): Promise<Metadata> {
  const { name, description } = CATALOGUES[await requestLocale()].app
  return { title: name, description, robots: { index: false } }
}

/** Reading the request's headers makes every page dynamic, so that Next.js puts the request's nonce on its scripts. */
export default async function Layout({ children }: { children: ReactNode }) {
  const locale = await requestLocale()
  return (
    <html lang={locale}>
      <body>
        <TextProvider locale={locale} messages={messagesOf(locale)}>
          {children}
        </TextProvider>
      </body>
    </html>
  )
}
