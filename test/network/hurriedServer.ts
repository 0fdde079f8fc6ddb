import { pino } from 'pino'
import { type Clock, systemClock } from '../../src/server/clock.ts'
import { readEnv } from '../../src/server/config/env.ts'
import { startRiacho } from '../../src/startRiacho.ts'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { settingsOf, type TestServerOptions } from '../harness/server.ts'

/** How many times faster the clock of a hurried server is. */
const HURRY = 20

const hurriedClock: Clock = {
  ...systemClock,
  schedule: (callback, delay) => systemClock.schedule(callback, delay / HURRY),
}

export interface HurriedServer extends AsyncDisposable {
  readonly url: string
  client(): TestClient
}

/** The real server in this process, all of its waits 20 times as short: heartbeats, drain limit, commit window. */
export async function startHurriedServer(options: Omit<TestServerOptions, 'folder'>): Promise<HurriedServer> {
  const folder = await temporaryFolder()
  const env = readEnv(settingsOf(options, folder))
  const { url, close } = await startRiacho(env, { logger: pino({ level: 'silent' }), clock: hurriedClock })
  return {
    url,
    client: () => new TestClient(url),
    async [Symbol.asyncDispose]() {
      await close({ drainMs: 0 })
      await folder[Symbol.asyncDispose]()
    },
  }
}
