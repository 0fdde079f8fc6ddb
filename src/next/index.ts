import type { Riacho } from '../riacho.ts'

type RouteHandler = (request: Request) => Promise<Response>

/** What a catch-all route of the App Router exports. */
export type NextHandlers = Record<
  'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
  RouteHandler
>

/**
 * The exports of `app/api/chat/[...riacho]/route.ts`. They open nothing while Next.js builds the app, because the build
 * may run beside a server that has the database.
 */
export function toNextHandler(riacho: Pick<Riacho, 'handler'>): NextHandlers {
  const handle: RouteHandler = async request => {
    if (process.env['NEXT_PHASE'] === 'phase-production-build') return new Response(null, { status: 503 })
    return riacho.handler(request)
  }
  return {
    GET: handle,
    HEAD: handle,
    POST: handle,
    PUT: handle,
    PATCH: handle,
    DELETE: handle,
    OPTIONS: handle,
  }
}

/** The part of a Next.js configuration that Riacho changes. */
interface NextConfig {
  serverExternalPackages?: string[]
  outputFileTracingIncludes?: Record<string, string[]>
}

/** The folder of the package whose files Node loads. */
const SERVER_HALF = 'riacho/lib'

/** Files that Riacho reads by their path, so that Next.js cannot find them by following imports. */
const FILES = [
  './node_modules/riacho/assistants/**/*',
  './node_modules/riacho/docs/guide/**/*',
  // The thread of the database file, and what it imports.
  './node_modules/riacho/lib/server/database/*.js',
]

/**
 * Adds to a configuration of Next.js what Riacho needs: Node itself loads the server's half of the package, so that all
 * routes share one instance, and a standalone build copies the files that Riacho reads. The browser's half is bundled, because
 * Next.js draws components with a React of its own.
 */
export function withRiacho<Config extends object>(
  config: Config & NextConfig = {} as Config,
): Config & NextConfig {
  const { serverExternalPackages = [], outputFileTracingIncludes = {} } = config
  return {
    ...config,
    serverExternalPackages: [...new Set([...serverExternalPackages, SERVER_HALF])],
    outputFileTracingIncludes: {
      ...outputFileTracingIncludes,
      '/**': [...(outputFileTracingIncludes['/**'] ?? []), ...FILES],
    },
  }
}
