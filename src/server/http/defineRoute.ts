import type { z } from 'zod'
import type { Locale } from '../../protocol/locale.ts'
import type { Access, Caller, CallerFor } from '../access/caller.ts'
import type { HeaderFields, RequestFacts } from '../access/requestFacts.ts'
import type { Answer } from './answer.ts'

/** How many requests of a kind one address may make for each message that it may send. The routes of a kind share one count. */
export const LIMITS = {
  /** Messages, and other replies to them. */
  send: 1,
  title: 1,
  probe: 1,
  /** What reads or writes whole conversations: forks, shares, exports, and erasing everything. */
  wholeConversation: 1,
  /** People search with every letter they type. */
  search: 10,
}
export type LimitKind = keyof typeof LIMITS

/** A valid request. */
export interface Call<Params = unknown, Query = unknown, Body = unknown, Asking = Caller | undefined> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Asking
  readonly locale: Locale
  readonly request: RequestFacts
  readonly requestId: string
  /** Aborts when the client leaves, or has its whole answer. */
  readonly signal: AbortSignal
}

/** An endpoint as data. Without a schema for it, a handler learns nothing of a part of its request. */
interface RouteOf<Params, Query, Body, Allowed extends Access> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `:name` stands for one segment. */
  readonly path: string
  readonly params?: z.ZodType<Params>
  readonly query?: z.ZodType<Query>
  readonly body?: z.ZodType<Body>
  readonly limit?: LimitKind
  readonly access: Allowed
  /** Headers of every answer, refusals too. */
  readonly headers?: HeaderFields
  handle(call: Call<Params, Query, Body, CallerFor<Allowed>>): Answer | Promise<Answer>
}

export type Route = RouteOf<unknown, unknown, unknown, Access>

/** A route whose handler knows the types of what its schemas let through. */
export function defineRoute<Params, Query, Body, const Allowed extends Access>(
  definition: RouteOf<Params, Query, Body, Allowed>,
): Route {
  return definition
}

/** What a call with an id is about, and who asks for it. */
export function keyOf({ params, caller }: Call<{ id: string }, unknown, unknown, Caller>) {
  return { id: params.id, ownerId: caller.ownerId }
}
