'use client'

import type { ReactNode } from 'react'
import { IntlProvider } from 'use-intl'
import type { Locale } from '../../protocol/locale.ts'
import type { Messages } from '../i18n/catalogue.ts'

/** Gives every part of the page the texts and formats of one language, in the reader's time zone. */
export function TextProvider({
  locale,
  messages,
  children,
}: {
  locale: Locale
  messages: Messages
  children: ReactNode
}) {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return (
    <IntlProvider locale={locale} messages={messages} timeZone={timeZone}>
      {children}
    </IntlProvider>
  )
}
