import { describe, expect, test, vi } from 'vitest'
import { createFakeClock } from '../../../../test/harness/fakeClock.ts'
import { silentLogger } from '../../../../test/harness/log.ts'
import { type ErrorDetails, RiachoError, type RunErrorCode } from '../../../protocol/errors.ts'
import {
  type ChunkSource,
  forEachChunk,
  type Provider,
  type ProviderChunk,
  type ProviderRequest,
} from '../../generation/provider.ts'
import { CircuitBreaker } from './circuitBreaker.ts'
import { createFailover } from './failover.ts'

const REQUEST: ProviderRequest = {
  model: 'large',
  choices: [
    { provider: 'main', model: 'large' },
    { provider: 'backup', model: 'small' },
  ],
  instructions: '',
  history: [],
  locale: 'en',
}
const signal = () => new AbortController().signal
const text = (content: string): ProviderChunk => ({ type: 'text-delta', content })
const failure = (code: RunErrorCode, details: ErrorDetails = { beforeFirstByte: true }) =>
  new RiachoError(code, code, details)

/** A provider that gives these chunks, throws these errors, and keeps the models it was asked for. */
function scripted(chunks: (ProviderChunk | Error)[], { keeps = false } = {}) {
  const asked: string[] = []
  const provider: Provider = {
    name: 'scripted',
    async *generate({ model }) {
      asked.push(model)
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk
        yield chunk
      }
    },
    ...(keeps && {
      async *resume() {
        yield text('resumed')
      },
    }),
  }
  return { asked, provider }
}

type Scripted = ReturnType<typeof scripted>

function failoverOf(main: Scripted, backup: Scripted, { failures = 1 } = {}) {
  const clock = createFakeClock()
  const failed: string[] = []
  const named = (name: string, { provider }: Scripted) => ({
    name,
    provider,
    breaker: new CircuitBreaker({ failures, clock }),
  })
  const provider = createFailover({
    providers: [named('main', main), named('backup', backup)],
    onFailure: (name, code) => void failed.push(`${name} ${code}`),
    logger: silentLogger,
  })
  return { provider, clock, failed }
}

/** Reads as a run does. */
async function read(chunks: ChunkSource<ProviderChunk>) {
  const got: ProviderChunk[] = []
  await forEachChunk(chunks, signal(), chunk => void got.push(chunk))
  return got
}

test('the first provider answers alone, and its chunks come untouched', async () => {
  const [main, backup] = [scripted([text('a'), text('b')]), scripted([text('x')])]
  const { provider } = failoverOf(main, backup)
  expect(await read(provider.generate(REQUEST, signal()))).toEqual([text('a'), text('b')])
  expect([main.asked, backup.asked]).toEqual([['large'], []])
})

describe('before the first chunk the next provider is asked, with its own model, after', () => {
  test.each<[RunErrorCode, ErrorDetails]>([
    ['UPSTREAM_UNREACHABLE', { beforeFirstByte: true }],
    ['UPSTREAM_TIMEOUT', { beforeFirstByte: false }],
    ['UPSTREAM_TRUNCATED', {}],
    ['UPSTREAM_OVERLOADED', { beforeFirstByte: true }],
    ['UPSTREAM_ERROR', { upstream: { status: 500, words: '' } }],
    ['UPSTREAM_RATE_LIMIT', {}],
    ['UPSTREAM_RATE_LIMIT', { retryAfter: 6 }],
    ['UPSTREAM_AUTH', {}],
    ['UPSTREAM_QUOTA', {}],
    ['MODEL_NOT_FOUND', {}],
  ])('%s %j', async (code, details) => {
    const [main, backup] = [scripted([failure(code, details)]), scripted([text('x'), text('y')])]
    const { provider, failed } = failoverOf(main, backup)
    expect(await read(provider.generate(REQUEST, signal()))).toEqual([
      { type: 'answered', model: 'small' },
      text('x'),
      text('y'),
    ])
    expect([backup.asked, failed]).toEqual([['small'], [`main ${code}`]])
  })
})

describe('no other provider is asked after', () => {
  test.each<[RunErrorCode, ErrorDetails]>([
    ['UPSTREAM_ERROR', { upstream: { status: 400, words: '' } }],
    ['CONTEXT_TOO_LONG', { beforeFirstByte: true }],
    ['CONTENT_FILTERED', { beforeFirstByte: true }],
    ['UPSTREAM_RATE_LIMIT', { beforeFirstByte: true, retryAfter: 5 }],
  ])('%s %j', async (code, details) => {
    const [main, backup] = [scripted([failure(code, details)]), scripted([text('x')])]
    const { provider } = failoverOf(main, backup)
    await expect(read(provider.generate(REQUEST, signal()))).rejects.toMatchObject({ code })
    expect(backup.asked).toEqual([])
  })
})

test('after the first chunk a failure is that of the reply', async () => {
  const [main, backup] = [scripted([text('a'), failure('UPSTREAM_TRUNCATED')]), scripted([text('x')])]
  const { provider } = failoverOf(main, backup)
  await expect(read(provider.generate(REQUEST, signal()))).rejects.toMatchObject({
    code: 'UPSTREAM_TRUNCATED',
  })
  expect(backup.asked).toEqual([])
})

test('a provider that keeps replies is left only if the reply did not begin', async () => {
  const kept = { keeps: true }
  const unsure = scripted([failure('UPSTREAM_TIMEOUT', { beforeFirstByte: false })], kept)
  const sure = scripted([failure('UPSTREAM_UNREACHABLE', { beforeFirstByte: true })], kept)
  const begun = scripted([{ type: 'checkpoint', checkpoint: 'c' }, failure('UPSTREAM_OVERLOADED')], kept)
  const askedOf = async (main: Scripted) => {
    const backup = scripted([text('x')])
    await read(failoverOf(main, backup).provider.generate(REQUEST, signal())).catch(() => {})
    return backup.asked.length
  }
  expect([await askedOf(unsure), await askedOf(sure), await askedOf(begun)]).toEqual([0, 1, 0])
  const { provider } = failoverOf(sure, scripted([]))
  expect(await read(provider.resume?.({ checkpoint: 'c', parts: [] }, signal()) ?? expect.fail())).toEqual([
    text('resumed'),
  ])
})

test('while its breaker is open a provider is not asked, and once it answers again it is the first', async () => {
  const chunks: (ProviderChunk | Error)[] = [failure('UPSTREAM_UNREACHABLE')]
  const [main, backup] = [scripted(chunks), scripted([text('x')])]
  const { provider, clock } = failoverOf(main, backup)
  for (let requests = 0; requests < 3; requests++) await read(provider.generate(REQUEST, signal()))
  expect([main.asked.length, backup.asked.length]).toEqual([1, 3])
  await clock.advance(5000)
  chunks[0] = text('a')
  expect(await read(provider.generate(REQUEST, signal()))).toEqual([text('a')])
})

test('if none is asked the error says when the next request may be, and that it may be asked again', async () => {
  const [main, backup] = [
    scripted([failure('UPSTREAM_UNREACHABLE')]),
    scripted([failure('UPSTREAM_AUTH', { beforeFirstByte: true })]),
  ]
  const { provider } = failoverOf(main, backup)
  const ask = () => read(provider.generate(REQUEST, signal()))
  await expect(ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
  const details = { retryAfter: 5, beforeFirstByte: true }
  await expect(ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE', details })
  // A wrong key is no outage.
  expect([main.asked.length, backup.asked.length]).toEqual([1, 2])
})

test('what the second provider says of the request counts, while the first one is not asked', async () => {
  const answers: Error[] = [failure('UPSTREAM_UNREACHABLE')]
  const [main, backup] = [scripted(answers), scripted([failure('CONTEXT_TOO_LONG')])]
  const { provider } = failoverOf(main, backup)
  for (let requests = 0; requests < 2; requests++)
    await expect(read(provider.generate(REQUEST, signal()))).rejects.toMatchObject({
      code: 'CONTEXT_TOO_LONG',
    })
  expect(main.asked).toHaveLength(1)
})

test('a request that is stopped asks no other provider, and counts as no failure', async () => {
  const stop = new AbortController()
  const main: Provider = {
    name: 'main',
    // biome-ignore lint/correctness/useYield: it is stopped before its first chunk
    async *generate() {
      stop.abort()
      throw failure('UPSTREAM_UNREACHABLE')
    },
  }
  const backup = scripted([text('x')])
  const { provider, failed } = failoverOf({ asked: [], provider: main }, backup)
  await expect(read(provider.generate(REQUEST, stop.signal))).rejects.toThrow()
  expect([backup.asked, failed]).toEqual([[], []])
})

test('a request without choices goes to the first provider', async () => {
  const [main, backup] = [scripted([failure('UPSTREAM_UNREACHABLE')]), scripted([text('x')])]
  const { provider } = failoverOf(main, backup)
  const request = { ...REQUEST, choices: undefined }
  await expect(read(provider.generate(request, signal()))).rejects.toThrow()
  expect(backup.asked).toEqual([])
})

test('from the second chunk on, a provider that gives chunks at once gives them to the run itself', async () => {
  const first = text('a')
  const taken: unknown[] = []
  const main: Provider = {
    name: 'main',
    generate: () => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ value: first, done: false as const }) }),
      async forEach(take) {
        taken.push(take)
      },
    }),
  }
  const { provider } = failoverOf({ asked: [], provider: main }, scripted([]))
  const take = vi.fn<(chunk: ProviderChunk) => void>()
  await provider.generate(REQUEST, signal()).forEach?.(take)
  expect(take.mock.calls).toEqual([[first]])
  expect(taken).toEqual([take])
})

test('from the second chunk on, the results are those of the provider itself', async () => {
  const results = [text('a'), text('b')].map(value => Promise.resolve({ value, done: false as const }))
  const [first, second] = results
  const pending = [...results]
  const main: Provider = {
    name: 'main',
    generate: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => pending.shift() ?? expect.fail('nothing more') }),
    }),
  }
  const { provider } = failoverOf({ asked: [], provider: main }, scripted([]))
  const iterator = provider.generate(REQUEST, signal())[Symbol.asyncIterator]()
  expect(await iterator.next()).toEqual(await first)
  expect(iterator.next()).toBe(second)
})
