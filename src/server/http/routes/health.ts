import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { healthResponse, readyResponse } from '../openapi/responseSchemas.ts'

/** Whether the process lives, and whether it can take work. */
export function healthRoutes({ readiness }: Pick<Services, 'readiness'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/health',
      access: 'anybody',
      docs: {
        operation: 'readHealth',
        summary: 'Says that the process lives.',
        answers: { 200: healthResponse },
      },
      handle: () => json({ status: 'ok' }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/ready',
      access: 'anybody',
      docs: {
        operation: 'readReadiness',
        summary: 'Says whether the server can take work.',
        answers: { 200: readyResponse },
      },
      async handle() {
        readiness.requireRunning()
        await readiness.requireStorage()
        return json({ status: 'ready', provider: readiness.provider() })
      },
    }),
  ]
}
