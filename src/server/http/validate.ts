import type { z } from 'zod'
import { RiachoError } from '../../protocol/errors.ts'

/** Reads `input` by `schema`. Throws `INVALID_REQUEST` with every issue, as `field: what is wrong`. */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.map(issue => `${issue.path.join('.') || 'body'}: ${issue.message}`)
  throw new RiachoError('INVALID_REQUEST', 'invalid request', { issues })
}
