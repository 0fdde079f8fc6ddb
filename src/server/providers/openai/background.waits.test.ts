import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../../../test/harness/fakeClock.ts'
import {
  leave,
  NEVER,
  open,
  PATIENT,
  QUESTION,
  resumed,
  type Subject,
} from '../../../../test/upstream/backgroundSubject.ts'
import { readReply } from '../../../../test/upstream/readReply.ts'
import { createUpstream, type Reply, type Scenario } from '../../../../test/upstream/upstream.ts'
import { createOpenaiProvider } from './openaiProvider.ts'

const TOO_OLD: Reply = { background: { streams: 'too-old' } }

const cancelsOf = ({ upstream }: Subject) =>
  upstream.background[0]?.calls.filter(({ kind }) => kind === 'cancel').length

/** The response is cancelled at the provider, now or soon, and once. */
async function expectCancelled(subject: Subject): Promise<void> {
  await expect.poll(() => cancelsOf(subject)).toBe(1)
  expect(subject.upstream.background[0]?.status).toBe('cancelled')
}

describe('waiting', () => {
  /** Resolves when `count` polls were answered and the next wait has begun. */
  async function waitFor({ upstream }: Subject, clock: { pending: number }, count: number): Promise<void> {
    await expect
      .poll(() => upstream.background[0]?.calls.filter(({ kind }) => kind === 'poll').length)
      .toBe(count)
    await expect.poll(() => clock.pending).toBe(2)
  }

  it('polls at growing intervals until the response has its last status', async () => {
    await using subject = await open()
    const clock = createFakeClock()
    const { checkpoint, parts, gate } = await leave(subject, { steps: 0, reply: TOO_OLD })
    const rest = readReply(resumed(subject.another({ clock }), { checkpoint, parts }))
    for (const [index, wait] of [500, 750, 1125, 1687.5].entries()) {
      await waitFor(subject, clock, index + 1)
      await clock.advance(wait - 1)
      expect(clock.pending).toBe(2)
      await clock.advance(1)
    }
    await waitFor(subject, clock, 5)
    expect(subject.upstream.background[0]?.status).toBe('queued')
    gate.open()
    await subject.upstream.background[0]?.ended
    await clock.advance(5000)
    expect((await rest).text).toBe('Olá, mundo!')
    expect(clock.pending).toBe(0)
  })

  it.each<Scenario>(['bad-gateway', 'rate-limit', 'reset-before-headers'])(
    'a stream that answers %s is asked for again',
    async scenario => {
      const clock = createFakeClock()
      await using subject = await open()
      const reply: Reply = { background: { streams: [scenario] } }
      const { checkpoint, parts, gate } = await leave(subject, { steps: 1, reply })
      gate.open()
      const rest = readReply(resumed(subject.another({ clock }), { checkpoint, parts }))
      await expect.poll(() => clock.pending).toBe(2)
      await clock.advance(500)
      expect(await rest).toMatchObject({ text: ', mundo!' })
      expect(subject.upstream.background[0]?.calls.map(({ kind }) => kind)).toEqual(['stream', 'stream'])
    },
  )

  it.each<Scenario>(['rate-limit-retry-after', 'overloaded', 'server-error', 'html-page'])(
    'a poll that answers %s is repeated',
    async scenario => {
      const clock = createFakeClock()
      await using subject = await open()
      const reply: Reply = { background: { streams: 'too-old', polls: [scenario] } }
      const { checkpoint, parts, gate } = await leave(subject, { steps: 1, reply })
      gate.open()
      await subject.upstream.background[0]?.ended
      const rest = readReply(resumed(subject.another({ clock }), { checkpoint, parts }))
      await waitFor(subject, clock, 1)
      await clock.advance(scenario === 'rate-limit-retry-after' ? 2000 : 500)
      expect(await rest).toMatchObject({ text: ', mundo!' })
    },
  )

  it('ends with the time for a whole reply, and cancels', async () => {
    await using subject = await open({}, { timeouts: { ...PATIENT, total: 300 } })
    const { checkpoint, parts } = await leave(subject, { steps: 0, reply: TOO_OLD })
    const { error } = await subject.resume(checkpoint, parts)
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', details: { beforeFirstByte: false } })
    await expectCancelled(subject)
  })

  it('for a provider that cannot be reached ends with that time too', async () => {
    await using subject = await open({}, { timeouts: { ...PATIENT, total: 200 } })
    await subject.upstream.close()
    const { error } = await subject.resume('2::resp_1')
    expect(error?.code).toBe('UPSTREAM_TIMEOUT')
  })
})

describe('stopping', () => {
  it('closes the socket and cancels the response, once', async () => {
    await using subject = await open()
    await leave(subject, { steps: 1, reason: 'stopped' })
    await expectCancelled(subject)
    await subject.provider.close?.()
    expect(await subject.upstream.requests[0]?.closed).toBeDefined()
    expect(cancelsOf(subject)).toBe(1)
    expect(subject.upstream.background[0]).toMatchObject({ status: 'cancelled', steps: 1 })
  })

  it('leaves the response alone when it is for the next process', async () => {
    await using subject = await open()
    const { gate } = await leave(subject, { steps: 1 })
    expect(await subject.upstream.requests[0]?.closed).toBe('client')
    await subject.provider.close?.()
    gate.open()
    await subject.upstream.background[0]?.ended
    expect(subject.upstream.background[0]).toMatchObject({ status: 'completed', steps: 5, calls: [] })
  })

  it('cancels what a consumer leaves without a word', async () => {
    await using subject = await open()
    subject.upstream.hold()
    for await (const _ of subject.provider.generate(QUESTION, NEVER)) break
    await expectCancelled(subject)
  })

  it('cancels nothing that is complete', async () => {
    await using subject = await open()
    const stop = new AbortController()
    await readReply(subject.provider.generate(QUESTION, stop.signal))
    stop.abort()
    await subject.provider.close?.()
    expect(cancelsOf(subject)).toBe(0)
  })

  it('before the response has told its id ends the reply at once, and cancels when it has', async () => {
    await using subject = await open()
    const gate = subject.upstream.hold({ background: { holdsHead: true } })
    const stop = new AbortController()
    const reply = readReply(subject.provider.generate(QUESTION, stop.signal))
    const request = await subject.upstream.request(0)
    stop.abort()
    expect((await reply).checkpoint).toBeUndefined()
    expect(request.isClosed).toBe(false)
    await gate.next()
    await expectCancelled(subject)
    expect(await request.closed).toBeDefined()
  })

  it('waits for an id a bounded time', async () => {
    const clock = createFakeClock()
    await using subject = await open({}, { clock })
    subject.upstream.hold({ background: { holdsHead: true } })
    const stop = new AbortController()
    const reply = readReply(subject.provider.generate(QUESTION, stop.signal))
    const request = await subject.upstream.request(0)
    stop.abort()
    await reply
    await clock.advance(3000)
    expect(await request.closed).toBe('client')
    expect(clock.pending).toBe(0)
  })

  it('before the request is sent asks for nothing', async () => {
    await using subject = await open()
    const stop = new AbortController()
    const reply = readReply(subject.provider.generate(QUESTION, stop.signal))
    stop.abort()
    await reply
    await readReply(subject.provider.generate(QUESTION, NEVER))
    expect(subject.upstream.requests).toHaveLength(1)
  })

  it('ends a wait between polls', async () => {
    const clock = createFakeClock()
    await using subject = await open()
    const { checkpoint, parts } = await leave(subject, { steps: 0, reply: TOO_OLD })
    const stop = new AbortController()
    const provider = subject.another({ clock })
    const reply = readReply(resumed(provider, { checkpoint, parts, signal: stop.signal }))
    await expect.poll(() => clock.pending).toBe(2)
    stop.abort()
    expect((await reply).error).toBeUndefined()
    await expectCancelled(subject)
    await expect.poll(() => clock.pending).toBe(0)
  })
})

it('auto asks for no chat: a reply in the background is what was wanted', async () => {
  await using upstream = await createUpstream({ apis: ['chat'] })
  const provider = createOpenaiProvider({
    baseUrl: upstream.url,
    api: 'auto',
    background: true,
    timeouts: PATIENT,
  })
  const { error } = await readReply(provider.generate(QUESTION, NEVER))
  expect(error?.code).toBe('UPSTREAM_ERROR')
  expect(upstream.requests).toHaveLength(1)
  await provider.close?.()
})
