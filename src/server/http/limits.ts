import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { RiachoError } from '../../protocol/errors.ts'

/** Searches for each message that may be sent: people are searching with every letter they type. */
const SEARCHES = 10

/** What one address may ask for in a minute. The calls of one kind share one count. */
export interface Limits {
  /** Messages, and other replies to them. */
  readonly send: RouteShorthandOptions
  readonly title: RouteShorthandOptions
  readonly probe: RouteShorthandOptions
  /** What reads or writes whole conversations: forks, shares, exports, and erasing everything. */
  readonly whole: RouteShorthandOptions
  readonly search: RouteShorthandOptions
}

/** Options of the routes that are limited; without a limit when `perMinute` is 0. */
export function createLimits(server: FastifyInstance, perMinute: number): Limits {
  // One handler for all calls of a kind: with a limit in its own options each route would have a count of its own.
  const limit = (max: number) => (max > 0 ? { onRequest: server.rateLimit(counted(max)) } : {})
  return {
    send: limit(perMinute),
    title: limit(perMinute),
    probe: limit(perMinute),
    whole: limit(perMinute),
    search: limit(perMinute * SEARCHES),
  }
}

function counted(max: number) {
  return {
    max,
    timeWindow: 60_000,
    errorResponseBuilder: (_request: FastifyRequest, { ttl }: { ttl: number }) =>
      new RiachoError('RATE_LIMITED', 'rate limited', { retryAfter: Math.ceil(ttl / 1000) }),
  }
}
