import { RiachoError } from '../../protocol/errors.ts'
import { PIECE_TYPE } from '../../protocol/limits.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { Caller, Callers, GiveProof } from '../access/caller.ts'
import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'
import type { Answer } from './answer.ts'
import type { Call, Route } from './defineRoute.ts'
import { localeOfRequest } from './locale.ts'
import { readTraceparent } from './traceparent.ts'
import { validate } from './validate.ts'

/** A request to a known route, as an adapter hands it over. */
export interface Incoming {
  readonly facts: RequestFacts
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly requestId: string
  /** Aborts when the client leaves or has the whole answer. Only handlers that need it ask for it. */
  readonly signal: AbortSignal
  /** Sets headers of the answer, also if the answer is a refusal. */
  setHeaders(headers: HeaderFields): void
}

/** Who asks, before anybody has looked at what they ask. */
export interface Decision {
  readonly caller: Caller | undefined
  /** Makes a visitor of whoever proves nobody, if the request is valid. */
  readonly giveProof?: GiveProof
  /** Of a page: nobody may see it without signing in. */
  readonly needsSignIn?: boolean
  readonly locale: Locale
}

/**
 * Decides who asks. The adapter calls it before it reads the body, so that a wrong proof gets the same answer whatever
 * comes with it. Throws `UNAUTHENTICATED`, and `KEY_NOT_ALLOWED`.
 */
export async function decideCaller(route: Route, facts: RequestFacts, callers: Callers): Promise<Decision> {
  const { access, keyScope } = route
  const locale = localeOfRequest(facts)
  const { caller, ...decided } = await callers.decide(facts, { access, keyScope, locale })
  const trace = readTraceparent(facts.header('traceparent'))
  return { ...decided, caller: caller && trace ? { ...caller, trace } : caller, locale }
}

interface AnswerOptions {
  decision: Decision
  callers: Callers
  /** May refuse whoever asks. */
  onCaller?: (caller: Caller) => Promise<void>
}

/**
 * Answers a request, whichever adapter took it: validates it, and calls the handler. An invalid request creates no
 * visitor. Throws the error that the client gets.
 */
export async function answerRequest(
  route: Route,
  incoming: Incoming,
  { decision, callers, onCaller }: AnswerOptions,
): Promise<Answer> {
  const { facts } = incoming
  const { caller, giveProof, locale, needsSignIn = false } = decision
  if (route.headers) incoming.setHeaders(route.headers)
  const params = route.params && validate(route.params, incoming.params)
  const query = route.query && validate(route.query, incoming.query)
  requireKind(route, incoming.body)
  const body = route.body && validate(route.body, incoming.body)
  if (giveProof) incoming.setHeaders(await giveProof())
  if (caller) await onCaller?.(caller)
  const call = new RequestCall(incoming, { params, query, body, caller, locale, needsSignIn })
  const answer = await route.handle(call)
  if (answer.type === 'empty' && answer.forgetsCaller) incoming.setHeaders(callers.forgetHeaders(facts))
  return answer
}

/** Throws `INVALID_REQUEST` for JSON where a piece of a file belongs, and the other way round. */
function requireKind({ bodyKind }: Route, body: unknown): void {
  const isPiece = body instanceof Uint8Array
  if (isPiece === (bodyKind === 'piece')) return
  const expected = isPiece ? 'application/json' : PIECE_TYPE
  const issues = [`content-type: expected ${expected}`]
  throw new RiachoError('INVALID_REQUEST', 'a wrong content type', { issues })
}

/** A class, because an object literal with getters costs more to make. */
class RequestCall implements Call {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly caller: Caller | undefined
  readonly locale: Locale
  readonly needsSignIn: boolean
  readonly request: RequestFacts
  readonly #incoming: Incoming

  constructor(
    incoming: Incoming,
    { params, query, body, caller, locale, needsSignIn }: Omit<Call, 'request' | 'requestId' | 'signal'>,
  ) {
    this.#incoming = incoming
    this.params = params
    this.query = query
    this.body = body
    this.caller = caller
    this.locale = locale
    this.needsSignIn = needsSignIn
    this.request = incoming.facts
  }

  get requestId(): string {
    return this.#incoming.requestId
  }

  get signal(): AbortSignal {
    return this.#incoming.signal
  }
}
