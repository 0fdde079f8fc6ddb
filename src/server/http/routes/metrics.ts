import { z } from 'zod'
import type { Services } from '../../services.ts'
import { defineRoute, type Route } from '../defineRoute.ts'

export function metricsRoutes({ metrics }: Pick<Services, 'metrics'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/metrics',
      access: 'anybody',
      docs: {
        operation: 'readMetrics',
        summary: 'Metrics as Prometheus text.',
        answers: { 200: { files: { 'text/plain': z.string() } } },
      },
      async handle() {
        return { type: 'content', mediaType: metrics.contentType, content: await metrics.text() }
      },
    }),
  ]
}
