import { setTimeout as delay } from 'node:timers/promises'
import { now } from '../harness/clock.ts'
import { newKey } from '../harness/load.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import { median, percentile } from '../harness/statistics.ts'
import { TOKEN_LENGTH } from '../harness/token.ts'
import type { Scenario, Stage } from './scenario.ts'

/** About 20 KB of text. */
const TOKENS = 2500
const CUT_AT = 1250
const PACE = 2
const AWAY_MS = 300
const PEOPLE = 10

/**
 * The connection breaks in the middle of a 20 KB reply and comes back. Measures how long it takes until nothing is
 * missing.
 */
export const cut: Scenario = {
  name: 'cut',
  isQuick: true,
  suits: peer => peer.resume !== undefined,
  async run(stage) {
    await stage.measure('20 KB', async () => {
      const people: ReturnType<typeof breakOff>[] = []
      for (let count = 0; count < PEOPLE; count++) {
        people.push(breakOff(stage))
        await delay(100)
      }
      const all = await Promise.all(people)
      return {
        catchUp50: median(all.map(one => one.catchUp)),
        catchUp99: percentile(
          all.map(one => one.catchUp),
          0.99,
        ),
        resentBytes: median(all.map(one => one.resentBytes)),
        lost: all.reduce((sum, one) => sum + one.lost, 0),
      }
    })
  },
}

async function breakOff({ peer, relay }: Stage) {
  const person = { name: newKey() }
  const text = orderText({ key: newKey(), tokens: TOKENS, pace: PACE })
  const reachedCut = Promise.withResolvers<void>()
  const first = new Reply({
    request: peer.send(relay.port, text, person),
    dialect: peer.dialect,
    expected: TOKENS,
    onToken: index => {
      if (index === CUT_AT) reachedCut.resolve()
    },
  })
  await reachedCut.promise
  peer.remember?.(first, person)
  first.cut()
  await first.ended
  await delay(AWAY_MS)
  if (!peer.resume) throw new Error(`${peer.name} cannot resume`)
  const had = first.next
  const back = now()
  let caughtUpAt = back
  const second = new Reply({
    request: peer.resume.request(relay.port, first, person),
    dialect: peer.dialect,
    expected: TOKENS,
    after: peer.resume.replays ? 0 : had,
    onToken: (_index, at, delayed) => {
      if (at - delayed <= back) caughtUpAt = at
    },
  })
  const { lost } = await second.ended
  const resentBytes = second.textBytes - (bytesOf(TOKENS) - bytesOf(had))
  return { catchUp: caughtUpAt - back, resentBytes, lost }
}

/** The bytes of the first `tokens` tokens. One of eight tokens has one more byte. */
function bytesOf(tokens: number): number {
  return tokens * TOKEN_LENGTH + Math.floor(tokens / 8)
}
