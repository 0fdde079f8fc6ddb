import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort } from '../../test/harness/freePort.ts'
import { aiSdk, content } from '../harness/dialects.ts'
import { RELAY_CORE } from '../harness/machine.ts'
import { BENCH, NODE, ROOT, startProcess, untilAnswers } from '../harness/processes.ts'
import type { Peer, Person, Relay, StartOptions } from './peer.ts'
import { databaseOf, riacho } from './riacho.ts'

const APP = join(BENCH, 'relays', 'next')
const NEXT = join(BENCH, 'node_modules', 'next', 'dist', 'bin', 'next')

export const naiveRoute: Peer = {
  name: 'naive',
  title: 'Next.js route, `openai` SDK',
  dialect: content,
  start: options => startNext(options),
  send: (port, text) => ({ port, method: 'POST', path: '/api/naive', body: { content: text } }),
}

const messageOf = (text: string) => ({ id: 'message', role: 'user', parts: [{ type: 'text', text }] })

export const aiSdkOnNext: Peer = {
  name: 'ai-sdk',
  title: 'AI SDK on Next.js',
  dialect: aiSdk,
  start: options => startNext(options),
  send: (port, text) => ({ port, method: 'POST', path: '/api/ai', body: { messages: [messageOf(text)] } }),
}

const chatPath = (person: Person, end = '') => `/api/resumable/${encodeURIComponent(person.name)}${end}`

export const aiSdkWithRedis: Peer = {
  name: 'ai-sdk-redis',
  title: 'AI SDK, `resumable-stream`, Redis',
  dialect: aiSdk,
  missing: () => {
    const { error } = spawnSync('redis-server', ['--version'])
    return error && "redis-server is not installed (Debian's package redis-server)"
  },
  async start(options) {
    const port = await freePort()
    const args = ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '']
    const redis = startProcess({ args, core: RELAY_CORE, log: options.log, cwd: options.folder })
    const relay = await startNext(options, { REDIS_URL: `redis://127.0.0.1:${port}` })
    return {
      ...relay,
      pids: () => [...relay.pids(), ...redis.pids()],
      async stop() {
        await relay.stop()
        await redis.stop()
      },
    }
  },
  send: (port, text, person) => ({
    port,
    method: 'POST',
    path: '/api/resumable',
    body: { id: person.name, message: messageOf(text) },
  }),
  resume: {
    replays: true,
    request: (port, _reply, person) => ({ port, method: 'GET', path: chatPath(person, '/stream') }),
  },
  stop: (port, _reply, person) => ({ port, method: 'POST', path: chatPath(person, '/stop'), body: {} }),
}

/** Riacho mounted in the same app as the naive route, with everything stored. */
export const riachoOnNext: Peer = {
  ...riacho,
  name: 'riacho-next',
  title: '**Riacho** in a Next.js route',
  start: options =>
    startNext(options, {
      RIACHO_PACKAGE: pathToFileURL(join(ROOT, 'lib', 'riacho.js')).href,
      DATABASE_URL: `file:${databaseOf(options.folder)}`,
    }),
}

/** Starts the app with all routes. `env` is added to its environment. */
export async function startNext(
  { upstream, log }: StartOptions,
  env: Record<string, string> = {},
): Promise<Relay> {
  const port = await freePort()
  const args = [NODE, NEXT, 'start', '--port', String(port), '--hostname', '127.0.0.1']
  const relay = startProcess({
    args,
    core: RELAY_CORE,
    cwd: APP,
    env: { ...env, OPENAI_BASE_URL: upstream },
    log,
  })
  const coldStart = await untilAnswers(`http://127.0.0.1:${port}/`, relay)
  return { port, pids: relay.pids, coldStart, stop: relay.stop }
}
