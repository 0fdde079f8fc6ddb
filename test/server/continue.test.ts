import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { type Frame, textOfFrames } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess, startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { createUpstream } from '../upstream/upstream.ts'

test('a continued reply begins with the text that broke off, and a break says where', async () => {
  await using upstream = await createUpstream()
  upstream.replyOnce({ tokens: ['um', ' dois'], ending: 'eof' })
  upstream.replyOnce({ tokens: [' três', ' quatro'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using broken = await client.send({ content: 'Conte' })
  await broken.end()
  const { userMessageId, messageId, conversationId } = broken.start

  await using rest = await client.retry({ userMessageId, continueMessageId: messageId })
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  expect(rest.frames[1]?.event).toMatchObject({ type: 'run-continue', messageId })
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(body.messages[2]?.parts).toEqual([
    { id: '1', type: 'text', text: 'um dois' },
    { id: '2', type: 'break', status: 'failed', code: 'UPSTREAM_TRUNCATED' },
    { id: '3', type: 'text', text: ' três quatro' },
  ])
  expect(body.conversation.headMessageId).toBe(rest.start.messageId)
  const asked = (await upstream.request(1)).body.input as { role: string; content: string }[]
  expect(asked.slice(0, 2)).toEqual([
    { role: 'user', content: 'Conte' },
    { role: 'assistant', content: 'um dois' },
  ])
  expect(asked[2]?.role).toBe('user')

  await using late = await client.follow(rest.start.runId)
  await late.end()
  expect(late.raw).toBe(rest.raw)
})

test('the same clientRunId to retry and to continue is refused', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['um'], ending: 'eof' })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using broken = await client.send({ content: 'Conte' })
  await broken.end()
  const { userMessageId, messageId } = broken.start
  const clientRunId = randomUUID()
  await using retried = await client.retry({ userMessageId, clientRunId })
  await retried.end()
  const answer = await client.post('/api/chat/runs', {
    userMessageId,
    clientRunId,
    continueMessageId: messageId,
  })
  expect([answer.status, answer.body.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
})

test('a complete reply, and one to another message, cannot be continued', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  const { userMessageId, messageId } = stream.start
  const complete = await client.post('/api/chat/runs', { userMessageId, continueMessageId: messageId })
  expect([complete.status, complete.body.code]).toEqual([400, 'INVALID_REQUEST'])
  const other = await client.post('/api/chat/runs', { userMessageId, continueMessageId: userMessageId })
  expect([other.status, other.body.code]).toEqual([404, 'NOT_FOUND'])
  expect(server.rows('select count(*) n from runs')).toMatchObject([{ n: 1 }])
})

describe('with OPENAI_BACKGROUND', () => {
  const settings = { OPENAI_BACKGROUND: 'true', OPENAI_API: 'responses' }
  const TOKENS = ['São', ' três', ' ações', ' 👋🏽', ' e', ' fim.']

  test('after kill -9 the next process finishes the reply, and readers continue with the same run', async () => {
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: TOKENS })
    let cookie: string | undefined
    let runId = ''
    let conversationId = ''
    let shown: Frame[] = []
    let lastSeq = 0
    {
      await using server = await startProcess({ upstream, folder, settings })
      const client = server.client()
      await using stream = await client.send({ content: 'Quais?' })
      await gate.next(3)
      await stream.untilText('São três ações')
      await server.kill('SIGKILL')
      await stream.closed
      ;({ cookie } = client)
      ;({ runId, conversationId } = stream.start)
      ;({ frames: shown, lastSeq } = stream)
    }
    await gate.next()
    await using server = await startProcess({ upstream, folder, settings })
    const client = server.client()
    client.cookie = cookie
    await using rest = await client.follow(runId, lastSeq)
    gate.open()
    const end = await rest.end()
    expect(end).toMatchObject({ status: 'completed', timing: { firstTokenMs: null, reasoningMs: null } })
    const [{ ms } = { ms: 0 }] = server.rows('select ended_at - started_at as ms from runs')
    expect(end.timing?.totalMs).toBeGreaterThan(Number(ms) - 1000)
    expect(textOfFrames([...shown, ...rest.frames])).toBe(TOKENS.join(''))
    const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
    expect(textOf(body.messages[1]?.parts ?? [])).toBe(TOKENS.join(''))
    expect(upstream.requests.length).toBe(1)
  })

  test('a reply that no longer streams is polled to its end', async () => {
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    const gate = upstream.hold({ tokens: TOKENS, background: { streams: 'too-old' } })
    let cookie: string | undefined
    let conversationId = ''
    {
      await using server = await startProcess({ upstream, folder, settings })
      const client = server.client()
      await using stream = await client.send({ content: 'Quais?' })
      await gate.next(2)
      await stream.untilText('São três')
      await server.kill('SIGKILL')
      ;({ cookie } = client)
      ;({ conversationId } = stream.start)
    }
    gate.open()
    await using server = await startProcess({ upstream, folder, settings })
    const client = server.client()
    client.cookie = cookie
    for (;;) {
      const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
      if (body.activeRun) continue
      expect(textOf(body.messages[1]?.parts ?? [])).toBe(TOKENS.join(''))
      expect(body.messages[1]?.status).toBe('completed')
      break
    }
  })

  test.skipIf(onPostgres)(
    'Stop cancels the reply at the provider, and a reply is resumed at most three times',
    async () => {
      await using folder = await temporaryFolder()
      await using upstream = await createUpstream()
      const gate = upstream.hold({ tokens: TOKENS })
      let cookie: string | undefined
      let runId = ''
      for (let start = 0; start <= 4; start++) {
        await using server = await startProcess({ upstream, folder, settings })
        const client = server.client()
        if (start === 0) {
          await using stream = await client.send({ content: 'Quais?' })
          await gate.next(2)
          await stream.untilText('São três')
          ;({ cookie } = client)
          ;({ runId } = stream.start)
        }
        client.cookie = cookie
        await using follower = await client.follow(runId)
        if (start === 4) expect(await follower.end()).toMatchObject({ status: 'interrupted' })
        await server.kill('SIGKILL')
      }
      gate.open()

      const second = upstream.hold({ tokens: TOKENS })
      await using server = await startProcess({ upstream, folder, settings })
      const client = server.client()
      client.cookie = cookie
      await using stream = await client.send({ content: 'E agora?' })
      await second.next(2)
      await stream.untilText('São três')
      const answer = await client.post(`/api/chat/runs/${stream.start.runId}/stop`)
      expect(answer.body.status).toBe('stopped')
      await upstream.background.at(-1)?.cancelled
      second.open()
    },
  )
})
