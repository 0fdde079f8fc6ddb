import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { type Locale, localeOf } from '../../protocol/locale.ts'

/** The language of `Accept-Language` that we speak best. */
export function localeOfRequest(request: FastifyRequest): Locale {
  return localeOf(new Negotiator(request.raw).languages())
}
