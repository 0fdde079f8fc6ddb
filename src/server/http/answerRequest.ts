import type { Locale } from '../../protocol/locale.ts'
import type { Callers } from '../access/caller.ts'
import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'
import type { Answer } from './answer.ts'
import type { Call, Route } from './defineRoute.ts'
import { localeOfRequest } from './locale.ts'
import { validate } from './validate.ts'

/** A request to a known route, as an adapter hands it over. */
export interface Incoming {
  readonly facts: RequestFacts
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly requestId: string
  /** Aborts when the client leaves, or has its whole answer. Asked for only by handlers that need it. */
  readonly signal: AbortSignal
  /** Headers of whatever is answered, a refusal too. */
  setHeaders(headers: HeaderFields): void
}

/**
 * What every adapter does with a request: validates it, decides who asks, calls the handler. A request that is refused
 * as invalid begins no visitor. Throws what the client is to be told as an error.
 */
export async function answerRequest(
  route: Route,
  incoming: Incoming,
  callers: Callers,
): Promise<{ answer: Answer; locale: Locale }> {
  const { facts } = incoming
  if (route.headers) incoming.setHeaders(route.headers)
  const params = route.params && validate(route.params, incoming.params)
  const query = route.query && validate(route.query, incoming.query)
  const body = route.body && validate(route.body, incoming.body)
  const locale = localeOfRequest(facts)
  const { caller, headers } = await callers.decide(facts, { access: route.access, locale })
  if (headers) incoming.setHeaders(headers)
  const call: Call = {
    params,
    query,
    body,
    caller,
    locale,
    request: facts,
    requestId: incoming.requestId,
    get signal() {
      return incoming.signal
    },
  }
  const answer = await route.handle(call)
  if (answer.type === 'empty' && answer.forgetsCaller) incoming.setHeaders(callers.forget(facts))
  return { answer, locale }
}
