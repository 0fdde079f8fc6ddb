import { resolve } from 'node:path'
import type { Logger } from 'pino'
import { type RiachoOptions, settingsOf } from './hostOptions.ts'
import type { OpenedHost } from './openedHost.ts'

/**
 * The opened hosts of this process, by database. A bundler may load this module once for each entry of an app, and a
 * development server loads it again after every change. All copies share this map, because only one of them can hold
 * the lock of a database.
 */
const KEY = Symbol.for('riacho.hosts')

interface SharedHost {
  /** What it was opened with. Other options open it anew. */
  fingerprint: string
  opening: Promise<OpenedHost>
}

function hosts(): Map<string, SharedHost> {
  const shared = globalThis as { [KEY]?: Map<string, SharedHost> }
  shared[KEY] ??= new Map()
  return shared[KEY]
}

/** How one instance opens and closes the host that it shares. */
export interface HostShare {
  /** Opens Riacho, unless this process has it open with the same options. Throws what `openHost` throws. */
  open(): Promise<OpenedHost>
  /** Closes Riacho if this process has the database open. */
  close(): Promise<void>
}

export function shareHost(options: RiachoOptions, logger: Logger): HostShare {
  // Once, because a request asks for the host each time.
  const [key, fingerprint] = [keyOf(options), fingerprintOf(options)]
  return {
    open() {
      const before = hosts().get(key)
      if (before?.fingerprint === fingerprint) return before.opening
      const opening = reopen(before, () => load(options, logger))
      hosts().set(key, { fingerprint, opening })
      // What failed is tried again by the next request.
      opening.catch(() => forget(key, opening))
      return opening
    },
    async close() {
      const shared = hosts().get(key)
      if (!shared) return
      const host = await shared.opening.catch(() => undefined)
      await host?.close()
      forget(key, shared.opening)
    },
  }
}

/** Only now, because an older Node cannot load what it imports, and `createRiacho` has to say so. */
async function load(options: RiachoOptions, logger: Logger): Promise<OpenedHost> {
  const { openHost } = await import('./openedHost.ts')
  return openHost(options, logger)
}

function forget(key: string, opening: Promise<OpenedHost>): void {
  if (hosts().get(key)?.opening === opening) hosts().delete(key)
}

async function reopen(before: SharedHost | undefined, open: () => Promise<OpenedHost>): Promise<OpenedHost> {
  const host = await before?.opening.catch(() => undefined)
  // At once, because the app has changed and its developer waits. Runs that are cut can be continued.
  await host?.close(0)
  return open()
}

function keyOf({ database = 'file:./data/riacho.db' }: RiachoOptions): string {
  return /^postgres/i.test(database) ? database : resolve(database.replace(/^file:/, ''))
}

function fingerprintOf(options: RiachoOptions): string {
  return JSON.stringify([settingsOf(options), options.assistants, options.mcp, options.provider?.name])
}
