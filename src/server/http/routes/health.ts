import type { Services } from '../../services.ts'
import { json } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'

/** Whether the process lives, and whether it can take work. */
export function healthRoutes({ readiness }: Pick<Services, 'readiness'>): Route[] {
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
  ]
}
