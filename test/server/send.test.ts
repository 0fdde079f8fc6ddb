import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { textOfFrames } from '../harness/client.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream, tokensOf } from '../upstream/upstream.ts'

const TEXT = 'Olá! São 3 ações: começar, parar e não perder nada. 👋🏽 Até já — «fim».'

test('a message is answered by a stream of its run, stored and readable afterwards', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: tokensOf(TEXT), usage: { input: 12, output: 5 } })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })

  expect(stream.status).toBe(200)
  expect(stream.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  })
  expect(stream.headers['content-encoding']).toBeUndefined()
  expect(await stream.end()).toMatchObject({
    status: 'completed',
    usage: { inputTokens: 12, outputTokens: 5 },
  })
  expect(stream.headers.location).toBe(`/api/chat/runs/${stream.start.runId}/events`)
  expect(stream.frames.map(frame => frame.seq)).toEqual(stream.frames.map((_, index) => index + 1))
  expect(stream.text).toBe(TEXT)

  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body).toMatchObject({
    conversation: { title: 'Oi', status: 'OPEN', headMessageId: stream.start.messageId },
    messages: [
      { role: 'USER', parts: [{ id: '1', type: 'text', text: 'Oi' }], parentId: null },
      { role: 'ASSISTANT', status: 'completed', parts: [{ id: '1', type: 'text', text: TEXT }], code: null },
    ],
    activeRun: null,
  })
})

test('text frames carry no event name, so that curl reads like the reply', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Olá'] })
  await using server = await startServer({ upstream })
  await using stream = await server.client().send({ content: 'Oi' })
  await stream.end()
  expect(stream.raw).toMatch(
    /^id: 1\nevent: run-start\ndata: \{.*\}\n\nid: 2\ndata: \{"content":"Olá"\}\n\nid: 3\nevent: run-end\n/,
  )
})

test('the session cookie is for this site and for no script', async () => {
  await using server = await startServer({ upstream: { url: 'http://127.0.0.1:9/v1' } })
  const { headers } = await server.client().get('/api/chat/conversations')
  expect(headers['set-cookie']?.[0]).toMatch(/^riacho_session=.*; Path=\/; HttpOnly; SameSite=Lax$/)
})

test('the first text is shown before the provider sends the second', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  await using server = await startServer({ upstream })
  await using stream = await server.client().send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  expect(stream.text).toBe('um')
  gate.open()
  await stream.end()
  expect(stream.text).toBe('um dois')
})

test('the history of the branch goes upstream, and the reply to it comes back', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Sim.'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using first = await client.send({ content: 'Primeira?' })
  await first.end()
  await using second = await client.send({ content: 'Segunda?', conversationId: first.start.conversationId })
  await second.end()
  const { body } = await upstream.request(1)
  expect(JSON.stringify(body.input)).toMatch(/Primeira\?.*Sim\..*Segunda\?/)
  expect(body).toMatchObject({ model: 'test-model', store: false, stream: true })
})

describe('a reply cut after any frame and continued', () => {
  const cutEverywhere = async (afterEnd: boolean) => {
    const tokens = tokensOf(TEXT)
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream, settings: { COMMIT_WINDOW_MS: '1' } })
    const client = server.client()

    const whole = async () => {
      const gate = upstream.hold({ tokens })
      await using stream = await client.send({ content: 'Oi' })
      for (let step = 1; step <= tokens.length; step++) {
        await gate.next()
        await stream.untilText(tokens.slice(0, step).join(''))
      }
      gate.open()
      await stream.end()
      return stream
    }
    const { frames, start } = await whole()
    const stored = await client.get(`/api/chat/conversations/${start.conversationId}`)
    expect(textOf(stored.body.messages[1]?.parts ?? [])).toBe(TEXT)
    expect(frames.length).toBe(tokens.length + 2)

    for (let cut = 1; cut < frames.length; cut++) {
      if (afterEnd) {
        await using rest = await client.follow(start.runId, cut)
        await rest.end()
        expect(textOfFrames([...frames.slice(0, cut), ...rest.frames])).toBe(TEXT)
        expect(rest.frames[0]?.seq).toBe(cut + 1)
        continue
      }
      const gate = upstream.hold({ tokens })
      await using head = await client.send({ content: 'Oi' })
      for (let seq = 2; seq <= Math.min(cut, tokens.length + 1); seq++) {
        await gate.next()
        await head.until(frame => frame.seq === seq)
      }
      await head.cut()
      await using rest = await client.follow(head.start.runId, head.lastSeq)
      gate.open()
      await rest.end()
      const all = [...head.frames, ...rest.frames]
      expect(all.map(frame => frame.seq)).toEqual(all.map((_, index) => index + 1))
      expect(textOfFrames(all)).toBe(TEXT)
    }
  }

  test('while it is being written gives exactly its text', () => cutEverywhere(false))
  test('after it has ended gives exactly its text', () => cutEverywhere(true))
})

test('upstream bytes cut at every position give the same text', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  for (const chunkBytes of [1, 2, 3, 5, 7]) {
    upstream.reply({ tokens: tokensOf(TEXT), chunkBytes, noise: true })
    await using stream = await client.send({ content: 'Oi' })
    await stream.end()
    expect(stream.text).toBe(TEXT)
  }
})

describe('a repeated clientMessageId', () => {
  test('posted five times at once is one message, one upstream request and five equal streams', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: tokensOf(TEXT), delayMs: 2 })
    await using server = await startServer({ upstream })
    const client = server.client()
    await client.get('/api/chat/conversations')
    const body = { content: 'Oi', clientMessageId: randomUUID() }
    const streams = await Promise.all(Array.from({ length: 5 }, () => client.tab().send(body)))
    await Promise.all(streams.map(stream => stream.end()))
    expect(new Set(streams.map(stream => stream.raw.replaceAll(': \n\n', ''))).size).toBe(1)
    expect(streams[0]?.text).toBe(TEXT)
    expect(upstream.requests.length).toBe(1)
    expect(server.rows("select count(*) n from messages where role = 'USER'")).toMatchObject([{ n: 1 }])
  })

  test('gives the run of the first one long after it has ended', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: ['Sim.'] })
    await using server = await startServer({ upstream })
    const client = server.client()
    const body = { content: 'Oi', clientMessageId: randomUUID() }
    await using first = await client.send(body)
    await first.end()
    await using again = await client.send(body)
    await again.end()
    expect(again.raw).toBe(first.raw)
    expect(upstream.requests.length).toBe(1)
  })

  test('with another body is refused and stores nothing', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream })
    const client = server.client()
    const clientMessageId = randomUUID()
    await using first = await client.send({ content: 'Oi', clientMessageId })
    await first.end()
    const answer = await client.post('/api/chat/send', { content: 'Tchau', clientMessageId })
    expect([answer.status, answer.body.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
    expect(server.rows('select count(*) n from messages')).toMatchObject([{ n: 2 }])
  })

  test('of another owner is another message', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream })
    const body = { content: 'Oi', clientMessageId: randomUUID() }
    await using mine = await server.client().send(body)
    await using theirs = await server.client().send(body)
    await Promise.all([mine.end(), theirs.end()])
    expect(mine.start.runId).not.toBe(theirs.start.runId)
    expect(upstream.requests.length).toBe(2)
  })
})

test('a second message waits for the first reply: it is refused with the run that is active', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  const { conversationId, runId } = stream.start
  const answer = await client.post('/api/chat/send', { content: 'E aí?', conversationId })
  expect(answer.status).toBe(409)
  expect(answer.body).toMatchObject({ code: 'RUN_ACTIVE', runId })
  gate.open()
  await stream.end()
  await using next = await client.send({ content: 'E aí?', conversationId })
  expect(await next.end()).toMatchObject({ status: 'completed' })
})

test('a reader that leaves stops nothing', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const stream = await client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  await stream.cut()
  gate.open()
  await using rest = await client.follow(stream.start.runId, stream.lastSeq)
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  expect(stream.text + rest.text).toBe('um dois')
})

test('a page that loads in the middle gets the text so far and follows on without a gap', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois', ' três'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await gate.next(2)
  await stream.untilText('um dois')
  const { body } = await client.tab().get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.activeRun).toMatchObject({
    runId: stream.start.runId,
    parts: [{ id: '1', type: 'text', text: 'um dois' }],
  })
  expect(body.messages.length).toBe(1)
  await using rest = await client.tab().follow(stream.start.runId, body.activeRun?.seq)
  gate.open()
  await rest.end()
  expect(rest.text).toBe(' três')
})

test('a reader that had everything gets 204', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  await using rest = await client.follow(stream.start.runId, stream.lastSeq)
  expect(rest.status).toBe(204)
  await rest.closed
})

test('a reader that says it saw more than is stored gets a snapshot', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Sim.'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  await using rest = await client.follow(stream.start.runId, 999)
  await rest.end()
  expect(rest.frames.map(frame => frame.event.type)).toEqual(['snapshot', 'run-end'])
  expect(rest.text).toBe('Sim.')
})

test('a gap larger than the text is answered by one snapshot', async () => {
  const tokens = Array.from({ length: 400 }, (_, index) => ` ${index}`)
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens })
  await using server = await startServer({ upstream, settings: { COMMIT_WINDOW_MS: '1' } })
  const client = server.client()
  await using stream = await client.send({ content: 'Conte' })
  for (let step = 1; step <= tokens.length; step++) {
    await gate.next()
    await stream.untilText(` ${step - 1}`)
  }
  await using live = await client.follow(stream.start.runId)
  await live.until(frame => frame.event.type === 'snapshot')
  gate.open()
  await Promise.all([stream.end(), live.end()])
  expect(live.text).toBe(tokens.join(''))
  await using late = await client.follow(stream.start.runId)
  await late.end()
  expect(late.frames.map(frame => frame.event.type)).toEqual(['snapshot', 'run-end'])
  expect(late.text).toBe(tokens.join(''))
})

test('refusals, reasoning and sources are streamed and kept as parts', async () => {
  await using upstream = await createUpstream()
  upstream.reply({
    tokens: ['Texto.'],
    reasoning: ['Pensando', '…'],
    sources: [{ url: 'https://example.com/rio', title: 'O rio' }],
  })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  expect(body.messages[1]?.parts).toEqual([
    { id: '1', type: 'reasoning', text: 'Pensando…' },
    { id: '2', type: 'text', text: 'Texto.' },
    { id: '3', type: 'source', url: 'https://example.com/rio', title: 'O rio' },
  ])
})
