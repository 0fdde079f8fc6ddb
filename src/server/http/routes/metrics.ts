import type { Services } from '../../services.ts'
import { defineRoute, type Route } from '../defineRoute.ts'

export function metricsRoutes({ metrics }: Pick<Services, 'metrics'>): Route[] {
  return [
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
