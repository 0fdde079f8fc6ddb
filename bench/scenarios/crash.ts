import { call } from '../harness/http.ts'
import { seedUnfinished } from '../harness/seed.ts'
import type { Relay } from '../peers/peer.ts'
import { databaseOf, startRiacho } from '../peers/riacho.ts'
import { learnOwner } from './owner.ts'
import type { OwnScenario } from './scenario.ts'

const UNFINISHED = 10_000

/**
 * The database holds 10,000 replies that a killed server left under way. Measures how long it takes until the next one
 * listens and has ended all of them.
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
        relay = await startRiacho(options)
        const path = `/api/chat/conversations/${ids.at(-1)}`
        const { text } = await call({ port: relay.port, method: 'GET', path, headers: { cookie } })
        if (!text.includes('"status":"interrupted"')) throw new Error(`not ended: ${text}`)
        return { boot: relay.coldStart }
      },
      () => relay?.pids() ?? [],
    ).finally(() => relay?.stop())
  },
}
