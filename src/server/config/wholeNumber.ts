import { z } from 'zod'

/** The message does not repeat the value, because it may be a secret that was written beside the wrong name. */
export function wholeNumber(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d+$/, `not a whole number; ${expected}`)
    .transform(Number)
    .refine(value => value >= min && value <= max, `out of range; ${expected}`)
}
