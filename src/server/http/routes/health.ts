import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'

/** Routes for a program that watches the process: alive, ready, measured. */
export function healthRoutes({ metrics, readiness }: Pick<Services, 'metrics' | 'readiness'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/health',
      access: 'anybody',
      handle: () => json({ status: 'ok' }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/ready',
      access: 'anybody',
      async handle() {
        readiness.requireRunning()
        await readiness.requireStorage()
        return json({ status: 'ready', provider: readiness.provider() })
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      access: 'anybody',
      async handle() {
        return { type: 'content', mediaType: metrics.contentType, content: await metrics.text() }
      },
    }),
  ]
}
