import type { z } from 'zod'
import type { KeyScope } from '../../protocol/keys.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { Access, Caller, CallerFor } from '../access/caller.ts'
import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'
import type { Answer } from './answer.ts'
import type { Events } from './openapi/eventSchemas.ts'

/**
 * The limit of each kind of request for one address, as a multiple of RATE_LIMIT_PER_MINUTE. All routes of a kind share
 * one count.
 */
export const LIMITS = {
  /** New messages, and new runs for old ones. */
  send: 1,
  title: 1,
  /** What compares or hashes a password, or sends a mail. */
  account: 1,
  probe: 1,
  /** Requests that read or write whole conversations: forks, shares, exports, and erasing everything. */
  wholeConversation: 1,
  /** The page searches after every letter that a person types. */
  search: 10,
  /** Everything else: reads, and changes of one row. Many people may share an address. */
  other: 100,
}

/** For each kind that has one: how many requests one caller may make for each message that an address may send. */
export const CALLER_LIMITS = { other: 20 } as const satisfies Partial<Record<LimitKind, number>>
export type LimitKind = keyof typeof LIMITS

/** A valid request. */
export interface Call<Params = unknown, Query = unknown, Body = unknown, Asking = Caller | undefined> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Asking
  /** Whether a page has to ask the person to sign in. */
  readonly needsSignIn: boolean
  readonly locale: Locale
  readonly request: RequestFacts
  readonly requestId: string
  /** Aborts when the client leaves or has the whole answer. */
  readonly signal: AbortSignal
}

/**
 * What comes with each status that is no refusal: JSON of a shape, events, files by their media types, or no body.
 */
export type Answers = Readonly<
  Record<number, z.ZodType | { events: Events } | { files: Record<string, z.ZodType> } | 'nothing'>
>

/** What the OpenAPI document says of a route, besides what the other fields of the route say. */
export interface RouteDocs {
  /** A name for the call, as a generated client has it. */
  readonly operation: string
  /** One sentence. */
  readonly summary: string
  /** Headers of the request that the handler reads. */
  readonly headers?: z.ZodObject
  readonly answers: Answers
  /** Headers of the answers, and what each of them says. */
  readonly answerHeaders?: Readonly<Record<string, string>>
}

/** The methods that routes can have. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** An endpoint as data. A handler gets only those parts of a request that have a schema here. */
interface RouteOf<Params, Query, Body, Allowed extends Access> {
  readonly method: Exclude<(typeof METHODS)[number], 'HEAD'>
  /** `:name` stands for one segment. */
  readonly path: string
  readonly params?: z.ZodType<Params>
  readonly query?: z.ZodType<Query>
  readonly body?: z.ZodType<Body>
  /** Absent: the body is JSON. `piece`: it is a piece of a file, and comes as a `Uint8Array`. */
  readonly bodyKind?: 'piece'
  readonly limit?: LimitKind
  readonly access: Allowed
  /** The scope that an API key needs for this route. If absent, no key is good for it. */
  readonly keyScope?: KeyScope
  /** Every route of the API has it. Pages have none. */
  readonly docs?: RouteDocs
  /** Headers of every answer, also of refusals. */
  readonly headers?: HeaderFields
  handle(call: Call<Params, Query, Body, CallerFor<Allowed>>): Answer | Promise<Answer>
}

export type Route = RouteOf<unknown, unknown, unknown, Access>

/** Makes a route. TypeScript gives its handler the types of its schemas. */
export function defineRoute<Params, Query, Body, const Allowed extends Access>(
  definition: RouteOf<Params, Query, Body, Allowed>,
): Route {
  return definition
}

/** The id that a call names, and the owner who asks. */
export function keyOf({ params, caller }: Call<{ id: string }, unknown, unknown, Caller>) {
  return { id: params.id, ownerId: caller.ownerId }
}

/** The methods that the routes of one path answer. HEAD is answered wherever GET is. */
export function methodsOf(routes: readonly Route[]): string[] {
  return routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : method))
}
