import { spawnSync } from 'node:child_process'
import { freePort } from '../../test/harness/freePort.ts'
import { type PostgresServer, startPostgres } from '../../test/harness/postgres.ts'
import { openHttp } from '../harness/http.ts'
import { RELAY_CORE, treeOf } from '../harness/machine.ts'
import type { Peer, Relay, StartOptions } from './peer.ts'
import { cookieIn, riacho, startRiacho } from './riacho.ts'

/** One node on PostgreSQL, which shares its core. */
export const riachoOnPostgres: Peer = {
  ...riacho,
  name: 'riacho-postgres',
  title: '**Riacho** on PostgreSQL',
  start: options => withPostgres(settings => startRiacho({ ...options, settings })),
}

/** Every reply is written by one node, and read at the other one. All of it shares one core. */
export const riachoOnTwoNodes: Peer = {
  ...riacho,
  name: 'riacho-two-nodes',
  title: '**Riacho**, read at another node',
  scenarios: ['sweep'],
  start: options => withPostgres(settings => startTwo(options, { ...settings }, true)),
  begin: ({ port, otherPort = port }, text, person) =>
    new Promise((resolve, reject) => {
      const leave = openHttp(riacho.send(port, text, person), {
        head(status, headers) {
          leave()
          if (status !== 200) return reject(new Error(`a message got ${status}`))
          person.cookie ??= cookieIn(headers)
          const path = /\r\nlocation: *(\S+)/i.exec(headers)?.[1] ?? ''
          resolve({ port: otherPort, method: 'GET', path, headers: { cookie: person.cookie ?? '' } })
        },
        data() {},
        close() {},
      })
    }),
}

/** The same without a relay: the reading node polls. */
export const riachoPolling: Peer = {
  ...riachoOnTwoNodes,
  name: 'riacho-polling',
  title: '**Riacho**, read at another node, no `NODE_ADDRESS`',
  start: options => withPostgres(settings => startTwo(options, { ...settings }, false)),
}

async function startTwo(
  options: StartOptions,
  settings: Record<string, string>,
  hasAddress: boolean,
): Promise<Relay> {
  const port = await freePort()
  const address: Record<string, string> = hasAddress ? { NODE_ADDRESS: `http://127.0.0.1:${port}` } : {}
  const own = { ...settings, ...address, PORT: String(port) }
  const writing = await startRiacho({ ...options, settings: own })
  const reading = await startRiacho({ ...options, settings })
  return {
    ...writing,
    port,
    otherPort: reading.port,
    pids: () => [...writing.pids(), ...reading.pids()],
    async stop() {
      await reading.stop()
      await writing.stop()
    },
  }
}

/** It syncs the disk, as a server that people use does. */
async function withPostgres(start: (settings: Record<string, string>) => Promise<Relay>): Promise<Relay> {
  const postgres = await startPostgres(['fsync=on'])
  for (const pid of processesOf(postgres)) spawnSync('taskset', ['-c', '-p', String(RELAY_CORE), String(pid)])
  const relay = await start({ DATABASE_URL: await postgres.createDatabase() })
  return {
    ...relay,
    databasePids: () => processesOf(postgres),
    async stop() {
      await relay.stop()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

function processesOf({ child }: PostgresServer): number[] {
  return child.pid === undefined ? [] : treeOf(child.pid)
}
