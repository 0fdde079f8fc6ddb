import { setTimeout as delay } from 'node:timers/promises'
import { openHttp } from '../harness/http.ts'
import { newKey } from '../harness/load.ts'
import { memoryOf } from '../harness/machine.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import type { Scenario, Stage } from './scenario.ts'

const SILENT_REPLIES = 500
const READERS = 1000
const IGNORED = { head() {}, data() {}, close() {} }

/** The memory of a reply during silence, and of one more reader of it, in bytes. */
export const silence: Scenario = {
  name: 'silence',
  isQuick: false,
  suits: peer => peer.name !== 'direct',
  async run(stage) {
    await stage.measure('replies', async () => ({ memoryPerReply: await perSilentReply(stage) }))
    if (stage.peer.name === 'riacho') {
      await stage.measure('readers', async () => ({ memoryPerReader: await perReader(stage) }))
    }
  },
}

async function perSilentReply(stage: Stage): Promise<number> {
  const before = memoryOf(stage.relay.pids())
  const replies: Reply[] = []
  for (let count = 0; count < SILENT_REPLIES; count++) {
    replies.push(open(stage, { waitMs: 8000 }).reply)
    if (count % 4 === 3) await delay(10)
  }
  await delay(3000)
  const after = memoryOf(stage.relay.pids())
  await Promise.all(replies.map(reply => reply.ended))
  return (after - before) / SILENT_REPLIES
}

async function perReader(stage: Stage): Promise<number> {
  const { peer, relay } = stage
  const { reply, person } = open(stage, { waitMs: 10_000 })
  while (reply.headers === '') await delay(10)
  peer.remember?.(reply, person)
  const request = peer.resume?.request(relay.port, reply, person)
  if (!request) return 0
  const before = memoryOf(relay.pids())
  const leave: (() => void)[] = []
  for (let count = 0; count < READERS; count++) {
    leave.push(openHttp(request, IGNORED))
    if (count % 4 === 3) await delay(4)
  }
  await delay(3000)
  const after = memoryOf(relay.pids())
  for (const close of leave) close()
  await reply.ended
  return (after - before) / READERS
}

function open({ peer, relay }: Stage, { waitMs }: { waitMs: number }) {
  const person = { name: newKey() }
  const text = orderText({ key: newKey(), tokens: 16, pace: 1, wait: waitMs })
  const request = peer.send(relay.port, text, person)
  return { person, reply: new Reply({ request, dialect: peer.dialect, expected: 16 }) }
}
