import { setTimeout as delay } from 'node:timers/promises'
import { now } from '../harness/clock.ts'
import { call } from '../harness/http.ts'
import { newKey } from '../harness/load.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import { percentile } from '../harness/statistics.ts'
import type { Scenario, Stage } from './scenario.ts'

const PEOPLE = 40
/** A Stop without effect after this many milliseconds counts as never. */
const NEVER = 3000

/**
 * The time from Stop until the socket to the provider is closed. Until then the provider writes on and charges for it.
 */
export const stop: Scenario = {
  name: 'stop',
  isQuick: true,
  suits: peer => peer.name !== 'direct',
  async run(stage) {
    await stage.measure('40', async () => {
      const people: Promise<number>[] = []
      for (let count = 0; count < PEOPLE; count++) {
        people.push(stopOne(stage))
        await delay(33)
      }
      const took = await Promise.all(people)
      const never = took.filter(ms => ms >= NEVER).length
      return { stop50: percentile(took, 0.5), stop95: percentile(took, 0.95), never }
    })
  },
}

async function stopOne({ peer, relay, upstream }: Stage): Promise<number> {
  const person = { name: newKey() }
  const key = newKey()
  const reached = Promise.withResolvers<void>()
  const reply = new Reply({
    request: peer.send(relay.port, orderText({ key, tokens: 250, pace: 20 }), person),
    dialect: peer.dialect,
    expected: 250,
    onToken: index => {
      if (index === 25) reached.resolve()
    },
  })
  await reached.promise
  peer.remember?.(reply, person)
  const left = upstream.abandoned(key).then(({ at }) => at)
  const from = now()
  if (peer.stop) await call(peer.stop(relay.port, reply, person))
  else reply.cut()
  const at = await Promise.race([left, delay(NEVER, from + NEVER)])
  reply.cut()
  return at - from
}
