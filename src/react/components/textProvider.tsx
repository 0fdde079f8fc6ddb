import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react'
import { IntlProvider } from 'use-intl'
import { saveLocale } from '../../browser/appearance.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { Catalogue } from '../i18n/catalogue.ts'
import { loadCatalogue } from '../i18n/loadCatalogue.ts'

interface Language {
  locale: Locale
  /** Fetches the texts of a language, shows them and saves the choice. Gives whether they could be fetched. */
  choose(locale: Locale): Promise<boolean>
}

interface Texts {
  locale: Locale
  messages: Catalogue
}

const LanguageContext = createContext<Language | null>(null)

/** The language of the page, and the function that changes it. */
export function useLanguage(): Language {
  const language = useContext(LanguageContext)
  if (!language) throw new Error('client-3: no texts around this part of the page')
  return language
}

/** Gives every part of the page the texts and formats of one language, in the reader's time zone. */
export function TextProvider({ children, ...given }: Texts & { children: ReactNode }) {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  const [chosen, setChosen] = useState<Texts | null>(null)
  const { locale, messages } = chosen ?? given
  const last = useRef<Locale>(null)
  const choose = useCallback(async (wanted: Locale) => {
    last.current = wanted
    const messages = await loadCatalogue(wanted).catch(() => null)
    if (!messages) return false
    // The person has chosen another language since.
    if (last.current !== wanted) return true
    setChosen({ locale: wanted, messages })
    saveLocale(wanted)
    return true
  }, [])
  const language = useMemo(() => ({ locale, choose }), [locale, choose])
  return (
    <LanguageContext value={language}>
      <IntlProvider locale={locale} messages={messages} timeZone={timeZone}>
        {children}
      </IntlProvider>
    </LanguageContext>
  )
}
