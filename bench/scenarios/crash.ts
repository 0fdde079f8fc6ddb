import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { now } from '../harness/clock.ts'
import { call } from '../harness/http.ts'
import { seedUnfinished } from '../harness/seed.ts'
import type { Relay } from '../peers/peer.ts'
import { databaseOf, startRiacho } from '../peers/riacho.ts'
import { learnOwner } from './owner.ts'
import type { OwnScenario } from './scenario.ts'

const UNFINISHED = 10_000

/**
 * The database holds 10,000 replies of 1,000 owners that a killed server left under way. Measures how long it takes until
 * the next one is ready, until it then has answered an owner, whose replies have ended by then, and until all have ended.
 */
export const crash: OwnScenario = {
  name: 'crash',
  isQuick: false,
  async run({ upstream, log, folder, measure }) {
    const options = { upstream: upstream.url, log, folder: folder('crash') }
    const { ownerId, cookie } = await learnOwner(options)
    const file = databaseOf(options.folder)
    const ids = await seedUnfinished({ file, ownerId, conversations: UNFINISHED })
    let relay: Relay | undefined
    await measure(
      String(UNFINISHED),
      async () => {
        const from = now()
        relay = await startRiacho(options)
        const ready = now()
        const path = `/api/chat/conversations/${ids.at(-1)}`
        const { text } = await call({ port: relay.port, method: 'GET', path, headers: { cookie } })
        if (!text.includes('"status":"interrupted"')) throw new Error(`not ended: ${text}`)
        const answer = now() - ready
        await untilAllEnded(file)
        return { boot: relay.coldStart, answer, allEnded: now() - from }
      },
      () => relay?.pids() ?? [],
    ).finally(() => relay?.stop())
  },
}

async function untilAllEnded(file: string): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const count = database.prepare(`select count(*) as left from runs where status = 'active'`)
    while (count.get()?.['left'] !== 0) await delay(10)
  } finally {
    database.close()
  }
}
