import { describe, expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { runStart, silentLogger } from '../../../test/harness/log.ts'
import { createMemoryStore } from '../../../test/harness/runStores.ts'
import type { Part } from '../../protocol/parts.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import type { LogWrite } from '../log/eventLog.ts'
import { firstEvents } from '../log/storedLog.ts'
import { createActiveRuns } from './activeRuns.ts'
import type { ProviderChunk, ProviderRequest } from './provider.ts'
import { takeOverRuns } from './takeover.ts'
import { NO_CALLING, type Tool, type ToolContext } from './tools.ts'

const REQUEST = { model: 'test-model', instructions: '', history: [], locale: 'en' } as const
const NEVER = new Promise<never>(() => {})

type Steps = readonly (readonly ProviderChunk[])[]
type Work = (context: ToolContext) => Promise<string>

function toolOf(name: string, work: Work, others: Partial<Tool> = {}): Tool {
  return {
    name,
    description: name,
    parameters: { type: 'object' },
    asks: false,
    digest: `of ${name}`,
    isRepeatable: true,
    run: async (_, context) => ({ content: await work(context) }),
    ...others,
  }
}

const call = (number: number, name: string): ProviderChunk[] => [
  { type: 'call-start', call: number, name, id: `call-of-${name}` },
  { type: 'call-delta', call: number, content: '{}' },
]
const say = (content: string): ProviderChunk => ({ type: 'text-delta', content })
const used = (inputTokens: number): ProviderChunk => ({
  type: 'usage',
  usage: { inputTokens, outputTokens: 1 },
})

/** Processes, one after the other, over what is stored. */
function setUp() {
  const store = createMemoryStore()
  const clock = createFakeClock()
  const requests: ProviderRequest[] = []
  const writes: LogWrite[] = []
  const start = runStart()

  /** `steps`: what the model says at each request. `holds`: after which of them, counted from 1, it thinks for ever. */
  function begin(steps: Steps, tools: readonly Tool[], holds: ReadonlySet<number> = new Set()) {
    let count = 0
    const recording = {
      ...store,
      async commit(given: readonly LogWrite[], durability: 'process' | 'power') {
        writes.push(...given)
        await store.commit(given, durability)
      },
    }
    const runs = createActiveRuns({
      provider: {
        name: 'scripted',
        async *generate(request) {
          requests.push(structuredClone({ ...request, tools: undefined }))
          yield* steps[count++] ?? []
          if (holds.has(count)) await NEVER
        },
      },
      window: new CommitWindow({ store: recording, clock, logger: silentLogger, windowMs: 25 }),
      clock,
      logger: silentLogger,
      random: () => 0.5,
      maxAttempts: 1,
      maxReplyLength: 100_000,
      calling: {
        ...NO_CALLING,
        toolsOf: () => new Map(tools.map(tool => [tool.name, tool])),
        createId: () => 'an-id',
        liveQuestions: {
          ask(_, __, { onStored }) {
            onStored()
            return NEVER
          },
        },
      },
    })
    const settle = async () => {
      for (let turn = 0; turn < 40; turn++) await clock.advance(10)
      return store.read({ id: start.runId, ownerId: 'owner-1' })
    }
    return { runs, settle, recording }
  }

  /** The first process, with a run. */
  async function live(
    steps: Steps,
    tools: readonly Tool[],
    { partial = [], holds = [] }: { partial?: Part[]; holds?: number[] } = {},
  ) {
    const { runs, settle } = begin(steps, tools, new Set(holds))
    const stored = firstEvents(
      start,
      partial.length > 0 ? { messageId: 'broken', parts: partial } : undefined,
    )
    const run = { ownerId: 'owner-1', start, startedAt: 0, stored }
    await store.accept(undefined, run)
    const active = runs.prepare(run).start({ request: { ...REQUEST, partial } })
    await settle()
    return { run: active, settle, die: () => runs.abandon() }
  }

  /** The next process, which takes over what is left. */
  async function takeOver(steps: Steps, tools: readonly Tool[], partial: Part[] = []) {
    const { runs, settle, recording } = begin(steps, tools)
    const { resume } = await takeOverRuns({
      ...{ ownership: store.ownership, store: recording, runs, logger: silentLogger, canResume: true },
      taskOf: async (_, underWay) => ({ request: { ...REQUEST, partial }, underWay }),
    })
    await resume()
    const stored = await settle()
    const calls = (stored?.parts ?? []).filter(part => part.type === 'tool')
    return { ...stored, calls: calls.map(({ tool, status, attempt }) => `${tool} ${status} ${attempt}`) }
  }

  return { live, takeOver, requests, writes }
}

test('the next process makes the calls again that were under way, with the same key, and the reply goes on', async () => {
  const { live, takeOver, requests } = setUp()
  const keys: string[] = []
  const slow = (work: () => Promise<string>) =>
    toolOf('slow', context => {
      keys.push(context.callId)
      return work()
    })
  let quickCalls = 0
  const quick = toolOf('quick', async () => `quick ${++quickCalls}`)
  const kept: ProviderChunk = { type: 'kept', item: { of: 'a server', item: 'thought' } }
  const first = await live(
    [[say('Vejo. '), ...call(0, 'slow'), ...call(1, 'quick'), kept, used(10)]],
    [slow(() => NEVER), quick],
  )
  first.die()
  const { end, parts, calls } = await takeOver([[say('São 3.'), used(20)]], [slow(async () => '3'), quick])
  expect(calls).toEqual(['slow completed 2', 'quick completed 1'])
  expect(keys).toEqual(['reply-1/call-of-slow', 'reply-1/call-of-slow'])
  expect(quickCalls).toBe(1)
  expect(parts?.at(-1)).toMatchObject({ type: 'text', text: 'São 3.' })
  expect(end).toMatchObject({ status: 'completed', usage: { inputTokens: 30, outputTokens: 2 } })
  expect(requests[1]?.reply).toMatchObject({
    parts: [{ text: 'Vejo. ' }, { content: '3' }, { content: 'quick 1' }],
    kept: new Map([[1, [kept.item]]]),
  })
})

describe.each([
  { name: 'has changed', next: { digest: 'another one' } },
  { name: 'may be repeated no more', next: { isRepeatable: false } },
  { name: 'is gone', next: undefined },
])('if the tool $name', ({ next }) => {
  test('the reply ends as interrupted, and the call is not made again', async () => {
    const { live, takeOver } = setUp()
    const first = await live([call(0, 'slow')], [toolOf('slow', () => NEVER)])
    first.die()
    let again = 0
    const tools = next ? [toolOf('slow', async () => `${++again}`, next)] : []
    const { end, calls } = await takeOver([[say('Não.')]], tools)
    expect(end).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
    expect(calls).toEqual(['slow unknown 1'])
    expect(again).toBe(0)
  })
})

test('a call beside one that may not be repeated is not made again either', async () => {
  const { live, takeOver, writes } = setUp()
  const once = toolOf('once', () => NEVER, { isRepeatable: false })
  const first = await live([[...call(0, 'slow'), ...call(1, 'once')]], [toolOf('slow', () => NEVER), once])
  first.die()
  const { end, calls } = await takeOver([[say('Não.')]], [toolOf('slow', async () => '3'), once])
  expect(end).toMatchObject({ status: 'interrupted' })
  expect(calls).toEqual(['slow unknown 1', 'once unknown 1'])
  expect(writes.every(({ checkpoint }) => checkpoint === undefined)).toBe(true)
})

test('a call that asks a person something meanwhile is not made again, because it would ask twice', async () => {
  const { live, takeOver } = setUp()
  const asking = toolOf('asking', async ({ ask }) => (await ask({ mode: 'form', message: 'Quem?' })).action)
  const first = await live([call(0, 'asking')], [asking])
  first.die()
  const { end, calls } = await takeOver([[say('Não.')]], [asking])
  expect(end).toMatchObject({ status: 'interrupted' })
  expect(calls).toEqual(['asking unknown 1'])
})

test('between the last answer and the next word of the model nothing is lost', async () => {
  const { live, takeOver } = setUp()
  let made = 0
  const tools = [toolOf('quick', async () => `${++made}`)]
  const first = await live([call(0, 'quick'), []], tools, { holds: [2] })
  expect(first.run.state).toBe('asking')
  first.die()
  const { end, calls } = await takeOver([[say('São 3.')]], tools)
  expect(end).toMatchObject({ status: 'completed' })
  expect(calls).toEqual(['quick completed 1'])
  expect(made).toBe(1)
})

test('once the model has gone on, the reply cannot: it would say something else', async () => {
  const { live, takeOver, writes } = setUp()
  const tools = [toolOf('quick', async () => '3')]
  const first = await live([call(0, 'quick'), [say('São')]], tools, { holds: [2] })
  expect(first.run.state).toBe('streaming')
  expect(first.run.detach()).toBe(false)
  first.die()
  expect(writes.findLast(({ checkpoint }) => checkpoint !== undefined)).toMatchObject({ checkpoint: null })
  const { end, calls } = await takeOver([[say('Não.')]], tools)
  expect(end).toMatchObject({ status: 'interrupted' })
  expect(calls).toEqual(['quick completed 1'])
})

test('a process that ends in time leaves the call to the next one', async () => {
  const { live, takeOver } = setUp()
  const signals: AbortSignal[] = []
  const slow = toolOf('slow', async ({ signal }) => {
    signals.push(signal)
    return NEVER
  })
  const { run } = await live([call(0, 'slow')], [slow])
  expect(run.detach()).toBe(true)
  expect(signals[0]?.aborted).toBe(true)
  const { end, calls } = await takeOver([[say('São 3.')]], [toolOf('slow', async () => '3')])
  expect(calls).toEqual(['slow completed 2'])
  expect(end).toMatchObject({ status: 'completed' })
})

test('a stopped reply keeps nothing to go on from', async () => {
  const { live, writes } = setUp()
  const { run, settle } = await live([call(0, 'slow')], [toolOf('slow', () => NEVER)])
  void run.stop()
  await settle()
  expect(writes.at(-1)).toMatchObject({ checkpoint: null, end: { event: { status: 'stopped' } } })
})

test('a reply that crashes its process again and again is given up', async () => {
  const { live, takeOver, writes } = setUp()
  const slow = toolOf('slow', () => NEVER)
  const first = await live([call(0, 'slow')], [slow])
  first.die()
  const ends: unknown[] = []
  for (let lives = 0; lives < 4; lives++) ends.push((await takeOver([], [slow])).end?.status)
  expect(ends).toEqual([undefined, undefined, undefined, 'interrupted'])
  expect(writes.at(-1)).toMatchObject({ checkpoint: null })
})

test('of a reply that continues one which broke off, the model gets the part before the break as such', async () => {
  const { live, takeOver, requests } = setUp()
  const partial: Part[] = [
    { id: '1', type: 'text', text: 'Antes.' },
    { id: '2', type: 'break', status: 'stopped', code: null },
  ]
  const first = await live([call(0, 'slow')], [toolOf('slow', () => NEVER)], { partial })
  first.die()
  await takeOver([[say('São 3.')]], [toolOf('slow', async () => '3')], partial)
  expect(requests[1]?.partial).toEqual(partial)
  expect(requests[1]?.reply?.parts).toMatchObject([{ type: 'tool', content: '3' }])
})
