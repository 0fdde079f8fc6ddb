import { setTimeout as delay } from 'node:timers/promises'
import { newKey } from '../harness/load.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import { percentile } from '../harness/statistics.ts'
import type { Person } from '../peers/peer.ts'
import type { Scenario, Stage } from './scenario.ts'

const PEOPLE = 200
const TOKENS = 20
/** The first bursts open connections and compile code. */
const WARM_UP = 2
const BURSTS = 5

/** 200 people who ask in the same moment: how long each waits for the first token. */
export const burst: Scenario = {
  name: 'burst',
  isQuick: true,
  suits: peer => !peer.begin,
  async run(stage) {
    await stage.measure(String(PEOPLE), async () => {
      const people = Array.from({ length: PEOPLE }, () => ({ name: newKey() }))
      const waits: number[] = []
      for (let count = 0; count < WARM_UP + BURSTS; count++) {
        const all = await Promise.all(people.map(person => firstToken(stage, person)))
        if (count >= WARM_UP) waits.push(...all)
        await delay(500)
      }
      return { firstToken50: percentile(waits, 0.5), firstToken99: percentile(waits, 0.99) }
    })
  },
}

/** Milliseconds from the request to the first token. Resolves when the reply has ended. */
async function firstToken({ peer, relay }: Stage, person: Person): Promise<number> {
  let took = Number.POSITIVE_INFINITY
  const reply: Reply = new Reply({
    request: peer.send(relay.port, orderText({ key: newKey(), tokens: TOKENS, pace: 20 }), person),
    dialect: peer.dialect,
    expected: TOKENS,
    onToken: (index, at) => {
      if (index === 0) took = at - reply.sentAt
    },
  })
  await reply.ended
  peer.remember?.(reply, person)
  return took
}
