import { z } from 'zod'

/** A setting that is true or false. */
export const isTrue = z.stringbool({
  truthy: ['true'],
  falsy: ['false'],
  error: 'not true or false; expected true or false',
})
