import type { z } from 'zod'
import { RiachoError } from '../../protocol/errors.ts'

/**
 * Reads `input` by `schema`. Throws `INVALID_REQUEST` with every issue, as `field: what is wrong`. `name`: what the input is
 * called where it is no field.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  name = 'body',
): z.infer<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.map(issue => `${issue.path.join('.') || name}: ${issue.message}`)
  throw new RiachoError('INVALID_REQUEST', 'invalid request', { issues })
}
