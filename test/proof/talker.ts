import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestClient, TestStream } from '../harness/client.ts'
import type { Random } from '../harness/random.ts'
import { View } from './view.ts'

/** A server that may die and come back at the same address. */
export interface Address {
  client(): TestClient
  /** Resolves when there is a server to talk to. */
  up(): Promise<void>
}

export interface Talk {
  readonly clientMessageId: string
  /** Whether it was answered with 2xx. If so, it must be stored from then on. */
  accepted: boolean
  conversationId: string | undefined
  /** What the sender and the other readers saw of the run. */
  readonly views: View[]
  /** How the run had ended, by the answer to Stop. */
  stopped: { status: string; lastSeq: number } | undefined
}

interface TalkOptions {
  address: Address
  cookie: string
  random: Random
  /** How many readers follow the reply besides the sender. */
  readers: number
  /** The probability, for each frame, that the client cuts the connection. */
  cutChance: number
  stopChance: number
}

/** An accepted run must have ended after this time, in milliseconds. */
const BOUND = 20_000

/**
 * Sends one message as a stubborn client does. Repeats the POST with the same id until it is answered, and follows the
 * run over any number of cut connections to its end. Sometimes it stops the run, and sometimes it sends the message
 * twice.
 */
export async function talk(options: TalkOptions): Promise<Talk> {
  const { address, cookie, random } = options
  const clientMessageId = randomUUID()
  const body = { content: `Pergunta ${clientMessageId}`, clientMessageId }
  const record: Talk = {
    clientMessageId,
    accepted: false,
    conversationId: undefined,
    views: [],
    stopped: undefined,
  }
  const client = () => {
    const made = address.client()
    made.cookie = cookie
    return made
  }
  const send = () => client().send(body)
  const first = await stubborn(address, async () => {
    const streams = await Promise.all(random.chance(0.3) ? [send(), send()] : [send()])
    const [stream] = streams
    if (!stream || streams.some(({ status }) => status !== 200)) {
      await Promise.all(streams.map(each => each.cut()))
      throw new Error(`send: ${stream?.status} ${stream?.raw}`)
    }
    await Promise.all(streams.slice(1).map(each => each.cut()))
    return stream
  })
  record.accepted = true
  const { runId, conversationId } = startOf(first)
  record.conversationId = conversationId

  const tasks = [follow({ ...options, client, runId, first, record })]
  for (let reader = 0; reader < options.readers; reader++) {
    tasks.push(follow({ ...options, random: random.fork(), client, runId, record }))
  }
  if (random.chance(options.stopChance)) {
    tasks.push(stop({ address, client, runId, afterMs: random.integer(150), record }))
  }
  await Promise.all(tasks)
  return record
}

interface FollowOptions extends TalkOptions {
  client: () => TestClient
  runId: string
  /** The answer to the POST. Absent for a reader that comes later. */
  first?: TestStream
  record: Talk
}

async function follow({
  address,
  client,
  random,
  cutChance,
  runId,
  first,
  record,
}: FollowOptions): Promise<void> {
  const view = new View(runId)
  record.views.push(view)
  const deadline = performance.now() + BOUND
  if (!first) await delay(random.integer(100))
  let stream = first
  while (!view.end) {
    if (performance.now() > deadline) {
      view.violations.push(`run ${runId} had no end within ${BOUND} ms`)
      return
    }
    const after = view.lastSeq
    stream ??= await stubborn(address, () => client().follow(runId, after))
    if (stream.status === 204) {
      view.violations.push(`run ${runId}: 204 after ${after}, but no run-end was seen`)
      return
    }
    if (stream.status !== 200) {
      await stream.cut()
      if (stream.status === 404) {
        view.violations.push(`run ${runId}: accepted, and now ${stream.status}`)
        return
      }
      await delay(20)
    } else {
      for await (const { seq, event } of stream) {
        view.apply(seq, event)
        if (random.chance(cutChance)) break
      }
      await stream.cut()
    }
    stream = undefined
  }
}

interface StopOptions {
  address: Address
  client: () => TestClient
  runId: string
  afterMs: number
  record: Talk
}

async function stop({ address, client, runId, afterMs, record }: StopOptions): Promise<void> {
  await delay(afterMs)
  const { status, body } = await stubborn(address, () => client().post(`/api/chat/runs/${runId}/stop`))
  if (status === 200) record.stopped = body
}

/** Repeats `attempt` until it is answered, because the server may be down, or refuse while it drains. */
async function stubborn<Value>(address: Address, attempt: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + BOUND
  for (;;) {
    await address.up()
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(10)
    }
  }
}

function startOf(stream: TestStream): { runId: string; conversationId: string } {
  const event = stream.frames[0]?.event
  if (event?.type !== 'run-start' && event?.type !== 'snapshot') throw new Error(`no start in ${stream.raw}`)
  return event
}
