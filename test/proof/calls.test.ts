import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PATHS } from '../../src/protocol/paths.ts'
import type { Route } from '../../src/server/http/defineRoute.ts'
import { createRoutes } from '../../src/server/http/routes/routes.ts'
import type { Services } from '../../src/server/services.ts'
import { CALLS } from './calls.ts'

const drawn = CALLS.map(({ route }) => route).sort()

/** Nobody whom the talker plays is one. To everybody else these calls are unknown, as tests of their own see. */
const isForAdministrators = /^\w+ \/api\/admin\//

/** A route only keeps its services, and this test never calls it. */
const NO_SERVICES = new Proxy({}, { get: () => ({}) }) as Services

test('the talker draws every call of PROTOCOL.md', () => {
  const protocol = readFileSync(join(import.meta.dirname, '..', '..', 'PROTOCOL.md'), 'utf8')
  const rows = protocol.split('\n').filter(line => /^\| `(GET|POST|PUT|PATCH|DELETE) /.test(line))
  const calls = rows.flatMap(row => {
    const [, cell = ''] = row.split('|')
    return [...cell.matchAll(/`(\w+ [^`?]*)[^`]*`/g)].map(([, call]) => call)
  })
  expect(drawn).toEqual(calls.filter(call => call && !isForAdministrators.test(call)).sort())
})

test('the talker draws every route of the server', () => {
  const routes: Route[] = createRoutes(NO_SERVICES)
  const open = routes.filter(({ access }) => access !== 'admin')
  expect(drawn).toEqual(open.map(({ method, path }) => `${method} ${path}`).sort())
})

test('the talker draws every path that the client asks for', () => {
  const known = new Set(drawn.map(call => call.slice(call.indexOf(' ') + 1).replace(/:\w+/g, ':id')))
  const page = { limit: 1, cursor: null }
  const {
    list,
    search,
    events,
    export: exportOf,
    sharedFile,
    passage,
    readNotice,
    toolSignIn,
    ...others
  } = PATHS
  const made = [
    list({ ...page, archived: false }),
    search({ ...page, query: 'x' }),
    exportOf(':id', 'json'),
    events(':id', 0),
    sharedFile(':id', ':id'),
    passage(':id', 0).replace('/0', '/:id'),
    readNotice(':id', 0),
    toolSignIn(':id', ':id'),
    ...Object.values(others).map(path => (typeof path === 'string' ? path : path(':id'))),
  ]
  for (const path of made) expect(known).toContain(decodeURIComponent(path.split('?')[0] ?? ''))
})

test('every call has a weight', () => {
  for (const { route, weight } of CALLS) expect(weight, route).toBeGreaterThan(0)
})
