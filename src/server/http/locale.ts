import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { LOCALE_COOKIE, type Locale, localeChosen, localeOf } from '../../protocol/locale.ts'

/** The language that the person chose, else the one of `Accept-Language` that we speak best. */
export function localeOfRequest(request: FastifyRequest): Locale {
  // Without cookies where the request was refused before they were read.
  return localeChosen(request.cookies?.[LOCALE_COOKIE]) ?? localeOf(new Negotiator(request.raw).languages())
}
