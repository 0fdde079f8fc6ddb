import { join } from 'node:path'
import { freePort } from '../../test/harness/freePort.ts'
import { riacho as dialect } from '../harness/dialects.ts'
import { RELAY_CORE } from '../harness/machine.ts'
import { NODE, ROOT, startProcess, untilAnswers } from '../harness/processes.ts'
import type { Reply } from '../harness/reply.ts'
import type { Peer, Person, Relay, StartOptions } from './peer.ts'

export const riacho: Peer = {
  name: 'riacho',
  title: '**Riacho**, everything on',
  dialect,
  start: startRiacho,
  send: (port, text, person) => ({
    port,
    method: 'POST',
    path: '/api/chat/send',
    headers: headersOf(person),
    body: { content: text, clientMessageId: crypto.randomUUID() },
  }),
  remember(reply, person) {
    person.cookie ??= cookieIn(reply.headers)
  },
  resume: {
    replays: false,
    request: (port, reply, person) => ({
      port,
      method: 'GET',
      path: locationOf(reply),
      headers: { ...headersOf(person), 'last-event-id': reply.lastId ?? '0' },
    }),
  },
  stop: (port, reply, person) => ({
    port,
    method: 'POST',
    path: locationOf(reply).replace(/events$/, 'stop'),
    headers: headersOf(person),
  }),
}

/** Riacho that syncs the disk before it shows text: what surviving a power loss costs. */
export const riachoOnPower: Peer = {
  ...riacho,
  name: 'riacho-power',
  title: '**Riacho**, `LOG_DURABILITY=power`',
  start: options => startRiacho({ ...options, settings: { LOG_DURABILITY: 'power' } }),
}

/**
 * Starts Riacho as users do: `src/main.ts` of the checkout, built pages, a database on disk. Only the rate limit is
 * off, because all readers come from one address. `nodeOptions` come before the file.
 */
export async function startRiacho(
  { upstream, folder, log, settings }: StartOptions & { settings?: Record<string, string> },
  nodeOptions: readonly string[] = [],
): Promise<Relay> {
  const port = Number(settings?.['PORT'] ?? (await freePort()))
  const env = {
    PORT: String(port),
    DATABASE_URL: `file:${databaseOf(folder)}`,
    OPENAI_BASE_URL: upstream,
    OPENAI_API_KEY: 'bench',
    OPENAI_MODEL: 'bench',
    RATE_LIMIT_PER_MINUTE: '0',
    ...settings,
  }
  const args = [NODE, ...nodeOptions, join(ROOT, 'src', 'main.ts')]
  const relay = startProcess({ args, core: RELAY_CORE, env, log })
  const coldStart = await untilAnswers(`http://127.0.0.1:${port}/api/ready`, relay)
  return { port, pids: relay.pids, coldStart, stop: relay.stop }
}

export function databaseOf(folder: string): string {
  return join(folder, 'riacho.db')
}

export function cookieIn(headers: string): string | undefined {
  return /\r\nset-cookie: *([^;\r\n]+)/i.exec(headers)?.[1]
}

function headersOf({ cookie }: Person): Record<string, string> {
  return cookie === undefined ? {} : { cookie }
}

function locationOf(reply: Reply): string {
  return /\r\nlocation: *(\S+)/i.exec(reply.headers)?.[1] ?? ''
}
