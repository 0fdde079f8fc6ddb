import Negotiator from 'negotiator'
import { LOCALE_COOKIE, type Locale, localeChosen, localeOf } from '../../protocol/locale.ts'
import type { RequestFacts } from '../access/requestFacts.ts'

/** The language that the person chose. Otherwise the best match for `Accept-Language`. */
export function localeOfRequest(request: Pick<RequestFacts, 'cookies' | 'header'>): Locale {
  const headers = { 'accept-language': request.header('accept-language') }
  return localeChosen(request.cookies[LOCALE_COOKIE]) ?? localeOf(new Negotiator({ headers }).languages())
}
