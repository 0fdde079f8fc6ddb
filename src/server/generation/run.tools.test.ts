import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { runStart, silentLogger } from '../../../test/harness/log.ts'
import { createScriptedStore, type ScriptedStore } from '../../../test/harness/runStores.ts'
import type { Part } from '../../protocol/parts.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import { firstEvents } from '../log/storedLog.ts'
import { createActiveRuns } from './activeRuns.ts'
import type { ProviderChunk, ProviderRequest } from './provider.ts'
import type { RunTask } from './runOptions.ts'
import {
  type ApprovalRequest,
  type Decision,
  type LiveQuestions,
  NO_CALLING,
  type PauseRequest,
  type Tool,
  ToolError,
} from './tools.ts'

const REQUEST = { model: 'test-model', instructions: '', history: [], locale: 'en' } as const

function toolOf(name: string, run: Tool['run'], others: Partial<Tool> = {}): Tool {
  return {
    name,
    description: name,
    parameters: { type: 'object' },
    asks: false,
    digest: `of ${name}`,
    run,
    ...others,
  }
}

/** `steps`: what the model says at each request. */
function setUp(
  steps: readonly (readonly ProviderChunk[])[],
  tools: readonly Tool[],
  { liveQuestions = NO_CALLING.liveQuestions }: { liveQuestions?: LiveQuestions } = {},
) {
  const clock = createFakeClock()
  const store = createScriptedStore()
  const window = new CommitWindow({ store, clock, logger: silentLogger, windowMs: 25 })
  const requests: ProviderRequest[] = []
  /** What is stored when the model is asked. */
  const storedAt: ReturnType<typeof storedIn>[] = []
  const asked: PauseRequest[] = []
  let ids = 0
  const runs = createActiveRuns({
    provider: {
      name: 'scripted',
      async *generate(request) {
        storedAt.push(storedIn(store))
        requests.push(structuredClone({ ...request, tools: undefined }))
        yield* steps[requests.length - 1] ?? []
      },
    },
    window,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    maxAttempts: 1,
    maxReplyLength: 100_000,
    calling: {
      toolsOf: () => new Map(tools.map(tool => [tool.name, tool])),
      createId: () => `id-${++ids}`,
      liveQuestions,
      approvals: {
        async ask(_, requests) {
          asked.push(...requests)
        },
        granted: async () => new Set(),
      },
    },
  })
  const begin = (task: Partial<RunTask> = {}, continued?: { messageId: string; parts: Part[] }) => {
    const start = runStart()
    const stored = firstEvents(start, continued)
    const run = runs
      .prepare({ ownerId: 'owner-1', start, startedAt: clock.now(), stored })
      .start({ request: REQUEST, ...task })
    return { run, log: runs.log(start.runId) }
  }
  const settle = async () => {
    for (let turn = 0; turn < 40; turn++) await clock.advance(10)
  }
  return { clock, store, begin, requests, storedAt, asked, settle, runs }
}

/** What is stored, and how the last commit was. */
function storedIn({ commits }: ScriptedStore) {
  const frames = commits.flatMap(({ writes }) => writes.map(({ segment }) => segment?.frames)).join('')
  return { durability: commits.at(-1)?.durability, frames }
}

const call = (number: number, name: string, args: string, id?: string): ProviderChunk[] => [
  { type: 'call-start', call: number, name, id },
  { type: 'call-delta', call: number, content: args },
]
const say = (content: string): ProviderChunk => ({ type: 'text-delta', content })
const statuses = (parts: readonly Part[] = []) =>
  parts.flatMap(part => (part.type === 'tool' ? part.status : []))

test('text, two calls side by side, their answers, text: one message', async () => {
  const got: unknown[] = []
  const { begin, requests, settle } = setUp(
    [
      [
        say('Vejo. '),
        ...call(0, 'soma', '{"a":1}'),
        ...call(1, 'hora', ''),
        { type: 'kept', item: { of: 'a server', item: 'thought' } },
      ],
      [say('São 3.')],
    ],
    [
      toolOf('soma', async args => {
        got.push(args)
        return { content: '3' }
      }),
      toolOf('hora', async args => {
        got.push(args)
        return { content: 'meio-dia' }
      }),
    ],
  )
  const { run, log } = begin()
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(got).toEqual([{ a: 1 }, {}])
  expect(log?.parts.map(({ type }) => type)).toEqual(['text', 'tool', 'tool', 'text'])
  expect(log?.parts[1]).toMatchObject({
    status: 'completed',
    content: '3',
    arguments: '{"a":1}',
    attempt: 1,
    step: 1,
  })
  expect(requests[1]?.reply?.parts).toHaveLength(3)
  expect(requests[1]?.reply?.kept).toEqual(new Map([[1, [{ of: 'a server', item: 'thought' }]]]))
})

test('a call is stored for good before the tool is called, and its answer before the model is asked', async () => {
  const calledAt: ReturnType<typeof storedIn>[] = []
  const { begin, store, settle, storedAt } = setUp(
    [call(0, 'envia', '{}'), [say('Feito.')]],
    [
      toolOf('envia', async () => {
        calledAt.push(storedIn(store))
        return { content: 'ok' }
      }),
    ],
  )
  const { run } = begin()
  await settle()
  await run.ended
  expect(calledAt).toMatchObject([{ durability: 'power' }])
  expect(calledAt[0]?.frames).toContain('event: tool-run')
  expect(storedAt[1]).toMatchObject({ durability: 'power' })
  expect(storedAt[1]?.frames).toContain('event: tool-end')
})

test('arguments that are no object, an unknown tool and a broken tool are answers that the model reads', async () => {
  const { begin, settle } = setUp(
    [
      [
        ...call(0, 'soma', '{"a":'),
        ...call(1, 'nada', '{}'),
        ...call(2, 'quebra', '{}'),
        ...call(3, 'explica', '{}'),
      ],
      [say('Não deu.')],
    ],
    [
      toolOf('soma', () => expect.unreachable()),
      toolOf('quebra', () => Promise.reject(new Error('a secret'))),
      toolOf('explica', () => Promise.reject(new ToolError('sem estoque'))),
    ],
  )
  const { run, log } = begin()
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(statuses(log?.parts)).toEqual(['failed', 'failed', 'failed', 'failed'])
  const told = log?.parts.flatMap(part => (part.type === 'tool' ? (part.content ?? '') : [])).join('\n')
  expect(told).toContain('sem estoque')
  expect(told).not.toContain('secret')
})

test('Stop aborts the tool in the same turn, and the call may have had an effect', async () => {
  let signal: AbortSignal | undefined
  const { begin, settle } = setUp(
    [call(0, 'demora', '{}')],
    [
      toolOf('demora', (_, context) => {
        signal = context.signal
        return new Promise(() => {})
      }),
    ],
  )
  const { run, log } = begin()
  await settle()
  expect(signal?.aborted).toBe(false)
  void run.stop()
  expect(signal?.aborted).toBe(true)
  await settle()
  expect(await run.ended).toMatchObject({ status: 'stopped' })
  const stored = log?.end && statuses(log.parts)
  expect(stored).toEqual(['running'])
})

test('a call that is cut in its arguments never runs', async () => {
  const { begin, settle } = setUp([], [toolOf('soma', () => expect.unreachable())])
  const { run, log } = begin({
    request: REQUEST,
  })
  await settle()
  expect(await run.ended).toMatchObject({ code: 'EMPTY_REPLY' })
  expect(statuses(log?.parts)).toEqual([])
})

test('a call about which a person decides ends the run as paused, and the decision makes exactly that call', async () => {
  const got: unknown[] = []
  const envia = toolOf(
    'envia',
    async args => {
      got.push(args)
      return { content: 'enviado' }
    },
    { asks: true },
  )
  const first = setUp([[say('Posso? '), ...call(0, 'envia', '{"para":"Ana"}')]], [envia])
  const { run, log } = first.begin()
  await first.settle()
  expect(await run.ended).toMatchObject({ status: 'paused' })
  expect(got).toEqual([])
  expect(statuses(log?.parts)).toEqual(['waiting'])
  const [request] = first.asked as ApprovalRequest[]
  if (!request || !log) return expect.unreachable()
  expect(request).toMatchObject({ tool: 'envia', arguments: '{"para":"Ana"}', digest: 'of envia' })

  const decision: Decision = { ...request, isApproved: true }
  const second = setUp([[say('Enviei.')]], [envia])
  const next = second.begin({ decisions: [decision] }, { messageId: 'reply-0', parts: [...log.parts] })
  await second.settle()
  expect(await next.run.ended).toMatchObject({ status: 'completed' })
  expect(got).toEqual([{ para: 'Ana' }])
  expect(next.log?.parts.map(({ type }) => type)).toEqual(['text', 'tool', 'text'])
  expect(statuses(next.log?.parts)).toEqual(['completed'])

  const declined = setUp([[say('Está bem.')]], [envia])
  const other = declined.begin(
    { decisions: [{ ...decision, isApproved: false }] },
    { messageId: 'reply-0', parts: [...log.parts] },
  )
  await declined.settle()
  expect(await other.run.ended).toMatchObject({ status: 'completed' })
  expect(got).toHaveLength(1)
  expect(statuses(other.log?.parts)).toEqual(['denied'])

  const changed = setUp([], [{ ...envia, digest: 'another' }])
  const again = changed.begin({ decisions: [decision] }, { messageId: 'reply-0', parts: [...log.parts] })
  await changed.settle()
  expect(await again.run.ended).toMatchObject({ status: 'paused' })
  expect(got).toHaveLength(1)
})

test('a model that goes round in a circle has to answer', async () => {
  let calls = 0
  const { begin, requests, settle } = setUp(
    [...Array.from({ length: 12 }, (_, step) => call(0, 'conta', `{"a":${step}}`)), [say('Chega.')]],
    [
      toolOf('conta', async () => {
        calls += 1
        return { content: String(calls) }
      }),
    ],
  )
  const { run } = begin()
  await settle()
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(calls).toBe(12)
  expect(requests.map(({ mayCall }) => mayCall)).toEqual([...Array(12).fill(true), false])
})

test('a model that was told of no tools and calls one is not asked again', async () => {
  const { begin, requests, settle } = setUp([[say('Vejo.'), ...call(0, 'soma', '{}')]], [])
  const { run, log } = begin()
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(log?.parts.map(({ type }) => type)).toEqual(['text'])
  expect(requests).toHaveLength(1)
})

test('a model that calls although it may not gets no call made', async () => {
  let calls = 0
  const { begin, settle } = setUp(
    Array.from({ length: 14 }, (_, step) => call(0, 'conta', `{"a":${step}}`)),
    [
      toolOf('conta', async () => {
        calls += 1
        return { content: String(calls) }
      }),
    ],
  )
  const { run, log } = begin()
  await settle()
  await settle()
  expect(await run.ended).toMatchObject({ code: 'TOOL_LIMIT' })
  expect(calls).toBe(12)
  expect(statuses(log?.parts).at(-1)).toBe('failed')
})

test('the 41st call alone does not run', async () => {
  let calls = 0
  const conta = toolOf('conta', async () => {
    calls += 1
    return { content: String(calls) }
  })
  const many = Array.from({ length: 41 }, (_, number) => call(number, 'conta', `{"a":${number}}`)).flat()
  const { begin, settle } = setUp([many, [say('Chega.')]], [conta])
  const { run, log } = begin()
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(calls).toBe(40)
  expect(statuses(log?.parts).filter(status => status === 'failed')).toHaveLength(1)
})

test('usage is that of all requests together', async () => {
  const usage = { inputTokens: 10, outputTokens: 2 }
  const { begin, settle } = setUp(
    [
      [...call(0, 'soma', '{}'), { type: 'usage', usage }],
      [say('3'), { type: 'usage', usage: { ...usage, cachedTokens: 8 } }],
    ],
    [toolOf('soma', async () => ({ content: '3' }))],
  )
  const { run } = begin()
  await settle()
  expect((await run.ended).usage).toEqual({ inputTokens: 20, outputTokens: 4, cachedTokens: 8 })
})

test('a call that ends before the person answers cancels its question, and readers learn it before that end', async () => {
  let isOpen = false
  const liveQuestions: LiveQuestions = {
    ask: (_, __, { signal, onStored }) =>
      new Promise((_, reject) => {
        isOpen = true
        onStored()
        signal.addEventListener('abort', () => {
          isOpen = false
          reject(signal.reason)
        })
      }),
  }
  const impatient = toolOf('indaga', async (_, { ask }) => {
    const answer = ask({ mode: 'form', message: 'Que dia?', fields: [] })
    return Promise.race([answer.then(() => ({ content: 'sim' })), Promise.resolve({ content: 'cansei' })])
  })
  const { begin, settle, store } = setUp([call(0, 'indaga', '{}'), [say('Está bem.')]], [impatient], {
    liveQuestions,
  })
  const { run, log } = begin()
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(isOpen).toBe(false)
  const part = log?.parts.find(({ type }) => type === 'tool')
  expect(part).toMatchObject({ status: 'completed', content: 'cansei', questions: [{ action: 'cancel' }] })
  expect(part).not.toHaveProperty('questions.0.fields')
  const { frames } = storedIn(store)
  expect(frames.indexOf('event: question-end')).toBeLessThan(frames.indexOf('event: tool-end'))
})
