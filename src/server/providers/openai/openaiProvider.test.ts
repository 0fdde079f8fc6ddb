import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { planOf } from '../../../../test/upstream/frames.ts'
import { readReply } from '../../../../test/upstream/readReply.ts'
import { createUpstream, type Reply, type Upstream } from '../../../../test/upstream/upstream.ts'
import { composeParts } from '../../../protocol/parts.ts'
import type { ProviderRequest } from '../../generation/provider.ts'
import { createOpenaiProvider, type OpenaiOptions } from './openaiProvider.ts'

const QUESTION: ProviderRequest = {
  model: 'gpt-test',
  instructions: 'Responda em português.',
  history: [
    { role: 'user', parts: composeParts({ content: 'Oi' }) },
    { role: 'assistant', parts: composeParts({ content: 'Olá!' }) },
    { role: 'user', parts: composeParts({ content: 'O que é um riacho?' }) },
  ],
  locale: 'pt-BR',
  effort: 'low',
}
const NEVER = new AbortController().signal
const PATIENT = { connect: 5000, firstByte: 5000, idle: 5000, total: 20_000 }
const WHOLE = 'Olá, mundo!'

function service(upstream: Upstream, options: Partial<OpenaiOptions> = {}) {
  return createOpenaiProvider({ baseUrl: upstream.url, api: 'responses', timeouts: PATIENT, ...options })
}

async function ask(upstream: Upstream, reply: Reply, options: Partial<OpenaiOptions> = {}) {
  upstream.reply(reply)
  return readReply(service(upstream, options).generate(QUESTION, NEVER))
}

describe('what is kept of a reply', () => {
  it.each(['responses', 'chat'] as const)(
    'reasoning, text, a refusal and each source once, by %s',
    async api => {
      await using upstream = await createUpstream()
      const source = { url: 'https://example.com/rio', title: 'O rio' }
      const script: Reply = {
        reasoning: ['Pensan', 'do'],
        tokens: ['Um ', 'rio'],
        refusal: ['Não posso.'],
        sources: [source, source, { url: 'https://example.com/mar', title: '' }],
        usage: { input: 3, output: 5, cached: 1, reasoning: 2 },
      }
      expect(await ask(upstream, script, { api })).toEqual({
        reasoning: 'Pensando',
        text: 'Um rio',
        refusal: 'Não posso.',
        sources: [source, { url: 'https://example.com/mar', title: 'https://example.com/mar' }],
        usage: { inputTokens: 3, outputTokens: 5, cachedTokens: 1, reasoningTokens: 2 },
      })
    },
  )

  it.each(['responses', 'chat'] as const)('the same text wherever the bytes of %s are cut', async api => {
    await using upstream = await createUpstream({ keepAlive: true })
    const tokens = ['ação', ' 🌊', '👩‍👩‍👧', ' ñ\n\n€']
    const plan = planOf({ tokens }, api, 'm')
    const bytes = Buffer.from(plan.head + plan.steps.join('') + plan.last)
    const provider = service(upstream, { api })
    for (let cut = 1; cut < bytes.length; cut++) {
      upstream.replyOnce({ chunks: [bytes.subarray(0, cut), bytes.subarray(cut)] })
      const reply = await readReply(provider.generate(QUESTION, NEVER))
      expect(reply, `cut at ${cut}`).toMatchObject({ text: tokens.join(''), usage: { outputTokens: 4 } })
    }
  })

  it('an event too large to hold fails the reply', async () => {
    await using upstream = await createUpstream()
    const part = Buffer.alloc(1024 * 1024, 'a')
    const reply = await ask(upstream, {
      chunks: [Buffer.from('data: "'), ...Array.from({ length: 9 }, () => part)],
    })
    expect(reply.error?.code).toBe('UPSTREAM_ERROR')
  })
})

describe('stopping', () => {
  it('an abort closes the upstream socket in the middle of a reply', async () => {
    await using upstream = await createUpstream()
    const gate = upstream.hold()
    const stop = new AbortController()
    const chunks = service(upstream).generate(QUESTION, stop.signal)[Symbol.asyncIterator]()
    await gate.next()
    expect(await chunks.next()).toEqual({ value: { type: 'text-delta', content: 'Olá' }, done: false })
    stop.abort()
    expect((await chunks.next()).done).toBe(true)
    expect(await upstream.requests[0]?.closed).toBe('client')
  })

  it('an abort before any byte closes the upstream socket', async () => {
    await using upstream = await createUpstream()
    upstream.reply('hang-before-headers')
    const stop = new AbortController()
    const reply = readReply(service(upstream).generate(QUESTION, stop.signal))
    const request = await upstream.request(0)
    stop.abort()
    expect(await request.closed).toBe('client')
    expect(await reply).toMatchObject({ text: '' })
  })

  it('an abort while the connection is being made sends no request', async () => {
    await using upstream = await createUpstream()
    const stop = new AbortController()
    const reply = readReply(service(upstream).generate(QUESTION, stop.signal))
    stop.abort()
    await reply
    await readReply(service(upstream).generate(QUESTION, NEVER))
    expect(upstream.requests).toHaveLength(1)
  })

  it('a consumer that leaves closes the upstream socket', async () => {
    await using upstream = await createUpstream()
    const gate = upstream.hold()
    const reply = service(upstream).generate(QUESTION, NEVER)
    await gate.next()
    for await (const _ of reply) break
    expect(await upstream.requests[0]?.closed).toBe('client')
  })

  it('a complete reply whose response stays open is over at once, and its socket closed soon', async () => {
    await using upstream = await createUpstream()
    const reply = await ask(upstream, { ending: 'linger' })
    expect(upstream.requests[0]?.isClosed).toBe(false)
    expect(reply.text).toBe(WHOLE)
    expect(await upstream.requests[0]?.closed).toBe('client')
  })

  it('a finished response gives its socket to the next request', async () => {
    await using upstream = await createUpstream({ keepAlive: true })
    const dispatcher = new Agent()
    const provider = service(upstream, { dispatcher })
    await readReply(provider.generate(QUESTION, NEVER))
    await expect.poll(() => Object.values(dispatcher.stats)).toMatchObject([{ free: 1 }])
    await readReply(provider.generate(QUESTION, NEVER))
    expect(upstream.requests[1]?.clientPort).toBe(upstream.requests[0]?.clientPort)
  })
})

describe('timeouts', () => {
  it.each<[string, Reply, Partial<typeof PATIENT>, string]>([
    ['before headers', { silent: true, ending: 'hang' }, { firstByte: 30 }, ''],
    ['between tokens', { ending: 'hang' }, { idle: 200 }, WHOLE],
    ['in all', { ending: 'hang' }, { total: 500 }, WHOLE],
  ])('silence %s ends the reply and closes the socket', async (_, script, timeouts, text) => {
    await using upstream = await createUpstream()
    const reply = await ask(upstream, script, { timeouts: { ...PATIENT, ...timeouts } })
    expect(reply).toMatchObject({
      text,
      error: { code: 'UPSTREAM_TIMEOUT', details: { beforeFirstByte: false } },
    })
    expect(await upstream.requests[0]?.closed).toBe('client')
  })

  it('comments and keepalives are no silence, and end with the time for a whole reply', async () => {
    await using upstream = await createUpstream()
    for (const api of ['chat', 'responses'] as const) {
      const script: Reply = { ending: 'hang', heartbeatMs: 5 }
      const reply = await ask(upstream, script, { api, timeouts: { ...PATIENT, idle: 300, total: 1200 } })
      expect(reply).toMatchObject({ text: WHOLE, error: { message: 'total timeout' } })
    }
  })

  it('the first byte ends the wait for it, even before the first event', async () => {
    await using upstream = await createUpstream()
    const script: Reply = { chunks: [Buffer.from(': wait\n\n')], ending: 'hang' }
    const reply = await ask(upstream, script, { timeouts: { ...PATIENT, firstByte: 300, idle: 600 } })
    expect(reply.error?.message).toBe('idle timeout')
  })

  it('no connection in time fails before the first byte', async () => {
    const dispatcher = new Agent({ connect: () => {} })
    const timeouts = { ...PATIENT, connect: 30 }
    const provider = createOpenaiProvider({
      baseUrl: 'http://127.0.0.1/v1',
      api: 'chat',
      timeouts,
      dispatcher,
    })
    const { error } = await readReply(provider.generate(QUESTION, NEVER))
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', details: { beforeFirstByte: true } })
  })

  it('a closed port is unreachable before the first byte', async () => {
    const upstream = await createUpstream()
    await upstream.close()
    const { error } = await ask(upstream, {})
    expect(error).toMatchObject({ code: 'UPSTREAM_UNREACHABLE', details: { beforeFirstByte: true } })
  })
})

describe('finding out what a server takes', () => {
  it('auto goes over to chat when there is no responses endpoint, and stays there', async () => {
    await using upstream = await createUpstream({ apis: ['chat'] })
    const provider = service(upstream, { api: 'auto' })
    expect((await readReply(provider.generate(QUESTION, NEVER))).text).toBe(WHOLE)
    expect((await readReply(provider.generate(QUESTION, NEVER))).text).toBe(WHOLE)
    expect(upstream.requests.map(request => request.api)).toEqual(['responses', 'chat', 'chat'])
  })

  it('auto stays with responses when the 404 is about the model', async () => {
    await using upstream = await createUpstream()
    upstream.reply('model-not-found')
    const { error } = await readReply(service(upstream, { api: 'auto' }).generate(QUESTION, NEVER))
    expect(error?.code).toBe('MODEL_NOT_FOUND')
    expect(upstream.requests).toHaveLength(1)
  })

  it('a field that the server names in a 400 is left out, then and later', async () => {
    await using upstream = await createUpstream()
    upstream.reply(({ body }) => {
      const field = ['stream_options', 'store'].find(name => name in body)
      return field ? { status: 400, body: { detail: `Unknown field "${field}"` } } : 'normal'
    })
    const provider = service(upstream)
    expect((await readReply(provider.generate(QUESTION, NEVER))).text).toBe(WHOLE)
    expect((await readReply(provider.generate(QUESTION, NEVER))).text).toBe(WHOLE)
    expect(upstream.requests).toHaveLength(4)
  })

  it('a 400 about something else is asked once', async () => {
    await using upstream = await createUpstream()
    const { error } = await ask(upstream, {
      status: 400,
      body: { error: { message: 'Bad input', param: 'input' } },
    })
    expect(error).toMatchObject({ code: 'UPSTREAM_ERROR', message: '400 Bad input' })
    expect(upstream.requests).toHaveLength(1)
  })
})

it.each([false, true])('a request says that its body is JSON (in the background: %s)', async background => {
  await using upstream = await createUpstream()
  await ask(upstream, { status: 401, body: {} }, { background })
  expect(upstream.requests[0]?.headers['content-type']).toBe('application/json')
})

it('the key goes to the provider and never into an error', async () => {
  await using upstream = await createUpstream()
  const body = { error: { message: 'Wrong key river-key-1, or sk-te***st; header Bearer river-key-1.' } }
  const { error } = await ask(upstream, { status: 401, body }, { apiKey: 'river-key-1' })
  expect(upstream.requests[0]?.headers.authorization).toBe('Bearer river-key-1')
  expect(error?.message).toBe('401 Wrong key [key], or [key] header Bearer [key].')
})

describe('closing', () => {
  const sockets = () => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length

  it('leaves no socket', async () => {
    await using upstream = await createUpstream({ keepAlive: true })
    const before = sockets()
    const provider = service(upstream)
    await readReply(provider.generate(QUESTION, NEVER))
    expect(sockets()).toBeGreaterThan(before)
    await provider.close?.()
    await expect.poll(() => sockets()).toBe(before)
  })

  it('leaves connections alone that were passed in', async () => {
    await using upstream = await createUpstream({ keepAlive: true })
    const dispatcher = new Agent()
    const provider = service(upstream, { dispatcher })
    await provider.close?.()
    expect((await readReply(provider.generate(QUESTION, NEVER))).text).toBe(WHOLE)
    await dispatcher.destroy()
  })
})

it('a provider that keeps no replies has none to resume', async () => {
  await using upstream = await createUpstream()
  expect(service(upstream).resume).toBeUndefined()
  expect(service(upstream, { background: true }).resume).toBeDefined()
})
