import findMyWay from 'find-my-way'
import { RiachoError } from '../../protocol/errors.ts'
import { methodsOf, type Route } from './defineRoute.ts'

/** What a path has that some route names. */
export interface KnownPath {
  readonly routes: readonly Route[]
  /** The methods that the routes answer. `undefined`: a wrong method must not show that there is such a path. */
  readonly methods: readonly string[] | undefined
  readonly params: unknown
}

/**
 * Finds what the path of a request has. The result gives `undefined` for an unknown path, and throws `INVALID_REQUEST`
 * for one that cannot be read.
 */
export function createFindPath(routes: readonly Route[]): (path: string) => KnownPath | undefined {
  const router = findMyWay({ onBadUrl: refusePath, onMaxParamLength: refusePath })
  // One method stands for all, because a path is known whichever method asks for it.
  for (const [path, known] of Map.groupBy(routes, ({ path }) => path))
    router.on('GET', path, () => {}, { routes: known, methods: shownMethodsOf(known) })
  return path => {
    const found = router.find('GET', path)
    if (!found) return undefined
    // What has no store is the answer to a path that is none.
    return found.store ? { ...found.store, params: found.params } : refusePath()
  }
}

function shownMethodsOf(routes: readonly Route[]): string[] | undefined {
  return routes.some(({ access }) => access === 'admin') ? undefined : methodsOf(routes)
}

function refusePath(): never {
  throw new RiachoError('INVALID_REQUEST', 'a wrong path', { issues: ['path: cannot be read'] })
}
