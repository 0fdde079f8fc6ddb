import { z } from 'zod'
import type { Retention, RetentionResponse } from '../../../protocol/responses.ts'
import { count, type Fields, name } from './shapes.ts'

const retention = name(
  'Retention',
  z.object({
    days: count.nullable(),
    maxDays: count.nullable(),
    temporaryHours: count,
  } satisfies Fields<Retention>),
)

export const retentionResponse = name(
  'RetentionResponse',
  z.object({ retention } satisfies Fields<RetentionResponse>),
)
