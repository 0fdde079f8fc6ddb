import type { CompiledQuery, QueryResult } from 'kysely'
import { dialectOf } from './dialect.ts'
import type { Queries } from './schema.ts'

/** Stands in a query for the value of this name. */
class Place {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A query, and the names of the values that its parameters take. A parameter without a name is the same each time. */
interface Compiled<Row> {
  query: CompiledQuery<Row>
  names: readonly (string | undefined)[]
}

/**
 * Makes a function that runs the query of `build` with the values that it gets. Kysely builds the query once for each set of
 * names that have a value, because to build it takes longer than to run it. `build` gets a place for each value, so it must
 * not look into them. A value that is `undefined` is left out. Throws what the database throws.
 */
export function compiled<Values extends object, Row = unknown>(
  build: (queries: Queries, values: Values) => { compile(): CompiledQuery<Row> },
): (queries: Queries, values: Values) => Promise<QueryResult<Row>> {
  const byAdapter = new WeakMap<object, Map<string, Compiled<Row>>>()

  function compile(queries: Queries, values: Values): Compiled<Row> {
    const places = Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, new Place(name)] as const],
    )
    const query = build(queries, Object.fromEntries(places) as Values).compile()
    return { query, names: query.parameters.map(each => (each instanceof Place ? each.name : undefined)) }
  }

  function find(queries: Queries, values: Values): Compiled<Row> {
    const { adapter } = queries.getExecutor()
    const byShape = byAdapter.get(adapter) ?? new Map<string, Compiled<Row>>()
    byAdapter.set(adapter, byShape)
    let shape = ''
    for (const name in values) if (values[name] !== undefined) shape += `${name} `
    const known = byShape.get(shape) ?? compile(queries, values)
    byShape.set(shape, known)
    return known
  }

  return (queries, values) => {
    const { query, names } = find(queries, values)
    const parameters = query.parameters.map((each, index) => {
      const name = names[index]
      return name === undefined ? each : values[name as keyof Values]
    })
    return dialectOf(queries).execute(queries, { ...query, parameters })
  }
}
