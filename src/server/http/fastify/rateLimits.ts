import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { RiachoError } from '../../../protocol/errors.ts'
import { LIMITS, type LimitKind } from '../defineRoute.ts'

/** One hook for each kind of route. All routes of a kind share its count. Empty if `perMinute` is 0. */
export function createRateLimits(
  server: FastifyInstance,
  perMinute: number,
): Partial<Record<LimitKind, onRequestHookHandler>> {
  if (perMinute === 0) return {}
  const hooks = Object.entries(LIMITS).map(([kind, factor]) => [
    kind,
    server.rateLimit(counted(perMinute * factor)),
  ])
  return Object.fromEntries(hooks)
}

function counted(max: number) {
  return {
    max,
    timeWindow: 60_000,
    errorResponseBuilder: (_request: FastifyRequest, { ttl }: { ttl: number }) =>
      new RiachoError('RATE_LIMITED', 'rate limited', { retryAfter: Math.ceil(ttl / 1000) }),
  }
}
