import { now } from '../harness/clock.ts'
import { type Answer, call, type HttpRequest } from '../harness/http.ts'
import { newKey } from '../harness/load.ts'
import { orderText } from '../harness/order.ts'
import { Reply } from '../harness/reply.ts'
import { RARE_WORD, seedHistory } from '../harness/seed.ts'
import { median } from '../harness/statistics.ts'
import type { Relay } from '../peers/peer.ts'
import { databaseOf, riacho, startRiacho } from '../peers/riacho.ts'
import { learnOwner } from './owner.ts'
import type { OwnScenario, OwnStage } from './scenario.ts'

/** Conversations of one owner, with ten messages each. */
const CONVERSATIONS = [1, 10, 100, 10_000, 100_000]
const QUICK_CONVERSATIONS = [10, 10_000]
const TIMES = 40

/** How long a person waits, for different amounts of stored messages. */
export const history: OwnScenario = {
  name: 'history',
  isQuick: true,
  async run(stage) {
    for (const conversations of stage.isQuick ? QUICK_CONVERSATIONS : CONVERSATIONS) {
      await withHistory(stage, conversations)
    }
  },
}

async function withHistory(stage: OwnStage, conversations: number): Promise<void> {
  const options = {
    upstream: stage.upstream.url,
    log: stage.log,
    folder: stage.folder(`history-${conversations}`),
  }
  const { ownerId, cookie } = await learnOwner(options)
  const ids = await seedHistory({ file: databaseOf(options.folder), ownerId, conversations })
  const relay = await startRiacho(options)
  try {
    await stage.measure(
      String(conversations * 10),
      () => measureCalls(relay, cookie, ids),
      () => relay.pids(),
    )
  } finally {
    await relay.stop()
  }
}

async function measureCalls(relay: Relay, cookie: string, ids: readonly string[]) {
  const get = (path: string): HttpRequest => ({
    port: relay.port,
    method: 'GET',
    path,
    headers: { cookie },
  })
  const conversation = (index: number) => ids[(index * 37) % ids.length] ?? ''
  const searchPath = await searchOf(get)
  const list = await repeated(() => answered(get('/api/chat/conversations?limit=30')))
  const open = await repeated(index => answered(get(`/api/chat/conversations/${conversation(index)}`)))
  const search = await repeated(() => answered(get(searchPath)))
  const send = await repeated(index => firstTokenOf(relay, cookie, conversation(index)))
  return { coldStart: relay.coldStart, list, open, search, send }
}

/** The path of a search in messages. An older server has no such path, and gets a search in titles. */
async function searchOf(get: (path: string) => HttpRequest): Promise<string> {
  const path = `/api/chat/search?query=${RARE_WORD}`
  const { status } = await call(get(path))
  return status === 200 ? path : `/api/chat/conversations?search=${RARE_WORD}`
}

/** The median of many calls, in milliseconds. The first calls warm up. */
async function repeated(work: (index: number) => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let index = 0; index < TIMES + 5; index++) {
    const from = now()
    await work(index)
    took.push(now() - from)
  }
  return median(took.slice(5))
}

async function answered(request: HttpRequest): Promise<Answer> {
  const answer = await call(request)
  if (answer.status !== 200) throw new Error(`${request.path}: ${answer.status} ${answer.text}`)
  return answer
}

async function firstTokenOf({ port }: Relay, cookie: string, conversationId: string): Promise<void> {
  const text = orderText({ key: newKey(), tokens: 1, pace: 1 })
  const request = riacho.send(port, text, { name: newKey(), cookie })
  const body = { ...request.body, conversationId }
  const { isComplete } = await new Reply({
    request: { ...request, body },
    dialect: riacho.dialect,
    expected: 1,
  }).ended
  if (!isComplete) throw new Error('a reply to a message in a long history was cut')
}
