import type { SignedInResponse } from '../../protocol/responses.ts'
import type { SignedIn } from '../accounts/beginSession.ts'
import type { JsonAnswer } from './answer.ts'

/** Gives the browser its new token, and tells it who it is. */
export function signedIn({ account, headers }: SignedIn, status = 200): JsonAnswer {
  const body: SignedInResponse = { account }
  return { type: 'json', status, headers, body }
}
