import { z } from 'zod'
import { idParams } from '../../../protocol/requests.ts'

/**
 * A schema for each field of `Shape`, none left out and none besides. It keeps a schema and an interface of
 * `src/protocol` the same.
 */
export type Fields<Shape> = { [Key in keyof Shape]-?: z.ZodType<Shape[Key]> }

/** The shapes that have a name in the document. */
export const named = z.registry<{ id: string }>()

/** Gives a schema a name in the document. */
export function name<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  named.add(schema, { id })
  return schema
}

/** A schema that takes each of these values. TypeScript refuses a list that lacks one. */
export function oneOf<Value extends string>(values: Record<Value, unknown>): z.ZodType<Value> {
  return z.enum(Object.keys(values) as [Value, ...Value[]])
}

export const uuid = name('Id', idParams.shape.id)
/** Milliseconds since 1970. */
export const time = z.int().describe('Milliseconds since 1970.')
export const count = z.int().min(0)
