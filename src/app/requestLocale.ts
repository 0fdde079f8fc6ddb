import Negotiator from 'negotiator'
import { cookies, headers } from 'next/headers'
import { LOCALE_COOKIE, type Locale, localeChosen, localeOf } from '../protocol/locale.ts'

/** The language of the page: the one chosen in the settings, or what the reader's browser asks for. */
export async function requestLocale(): Promise<Locale> {
  const chosen = localeChosen((await cookies()).get(LOCALE_COOKIE)?.value)
  if (chosen) return chosen
  const accepted = (await headers()).get('accept-language') ?? ''
  const languages = new Negotiator({ headers: { 'accept-language': accepted } }).languages()
  return localeOf(languages)
}
