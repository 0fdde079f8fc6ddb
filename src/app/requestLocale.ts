import Negotiator from 'negotiator'
import { headers } from 'next/headers'
import { type Locale, localeOf } from '../protocol/locale.ts'

/** The language of the page: what the reader's browser asks for, as far as we speak it. */
export async function requestLocale(): Promise<Locale> {
  const accepted = (await headers()).get('accept-language') ?? ''
  const languages = new Negotiator({ headers: { 'accept-language': accepted } }).languages()
  return localeOf(languages)
}
