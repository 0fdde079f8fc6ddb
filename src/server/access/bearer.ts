import type { RequestFacts } from './requestFacts.ts'

/** The token of `Authorization: Bearer <token>`. `undefined` if the request has no such header, `''` if it names no token. */
export function bearerOf(request: Pick<RequestFacts, 'header'>): string | undefined {
  return /^bearer(?: +(.*))?$/i
    .exec(request.header('authorization') ?? '')
    ?.slice(1)
    .join('')
}
