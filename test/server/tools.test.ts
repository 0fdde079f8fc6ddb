import { randomUUID } from 'node:crypto'
import { unzipSync } from 'fflate'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Part } from '../../src/protocol/parts.ts'
import { tool, withFiles } from '../../src/riacho.ts'
import { partsOfFrames } from '../harness/client.ts'
import { mount } from '../harness/mountedApp.ts'
import { readBytes } from '../harness/upload.ts'
import { ENCRYPTED } from '../upstream/calls.ts'
import type { Api } from '../upstream/upstream.ts'

const soma = (got: unknown[] = []) =>
  tool({
    description: 'Adds two numbers.',
    schema: z.object({ a: z.number(), b: z.number() }),
    title: 'Soma',
    run: (args, { owner }) => {
      got.push({ ...args, owner })
      return { soma: args.a + args.b }
    },
  })

const envia = (sent: unknown[]) =>
  tool({
    description: 'Sends a message.',
    schema: z.object({ para: z.string() }),
    approve: 'always',
    run: ({ para }, { callId }) => {
      sent.push({ para, callId })
      return 'enviado'
    },
  })

const ASKS = { tokens: ['Vou', ' enviar.'], calls: [{ name: 'envia', arguments: '{"para":"Ana"}' }] }

function calls(parts: readonly Part[]) {
  return parts.filter(part => part.type === 'tool')
}

describe.each<Api>(['responses', 'chat'])('with %s', api => {
  test('a reply calls two tools, and goes on with their answers', async () => {
    const got: unknown[] = []
    await using app = await mount({ api, tools: { soma: soma(got) }, owner: () => 'ana' })
    app.upstream.replyOnce({
      reasoning: ['Somo.'],
      tokens: ['Vejo', ' já.'],
      calls: [
        { name: 'soma', arguments: '{"a":1,"b":2}' },
        { name: 'soma', arguments: '{"a":3,"b":"x"}' },
      ],
    })
    app.upstream.replyOnce({ tokens: ['São', ' 3.'] })
    const client = app.client()
    await using stream = await client.send({ content: 'Some' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    expect(got).toEqual([{ a: 1, b: 2, owner: 'ana' }])
    const parts = partsOfFrames(stream.frames)
    expect(parts.map(({ type }) => type)).toEqual(['reasoning', 'text', 'tool', 'tool', 'text'])
    expect(calls(parts)).toMatchObject([
      { title: 'Soma', status: 'completed', content: '{"soma":3}', attempt: 1 },
      { title: 'Soma', status: 'failed', attempt: 1 },
    ])
    const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
    expect(body.messages.at(-1)?.parts).toEqual(parts)
    const { body: asked } = await app.upstream.request(1)
    const json = JSON.stringify(asked)
    expect(json).toContain('{\\"soma\\":3}')
    if (api === 'responses') expect(json).toContain(ENCRYPTED)
    for (let after = 0; after < 12; after++) {
      await using late = await client.follow(stream.start.runId, after)
      await late.end()
      if (after === 0) expect(late.raw).toBe(stream.raw)
    }

    app.upstream.replyOnce({ tokens: ['De nada.'] })
    await using next = await client.send({ content: 'Obrigado', conversationId: stream.start.conversationId })
    await next.end()
    expect(JSON.stringify((await app.upstream.request(2)).body)).toContain('{\\"soma\\":3}')
  }, 20_000)
})

test('a call that a person approves is made once, however often the answer comes', async () => {
  const sent: unknown[] = []
  await using app = await mount({ tools: { envia: envia(sent) } })
  app.upstream.replyOnce(ASKS)
  app.upstream.reply({ tokens: ['Enviei.'] })
  const client = app.client()
  await using stream = await client.send({ content: 'Envie' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const [waiting] = calls(partsOfFrames(stream.frames))
  if (!waiting?.approvalId) return expect.unreachable()
  expect(waiting).toMatchObject({ status: 'waiting', arguments: '{"para":"Ana"}' })
  expect(sent).toEqual([])

  const path = `/api/chat/runs/${stream.start.runId}/decisions`
  const decision = { decisions: [{ approvalId: waiting.approvalId, decision: 'approve' }] }
  const clientRunId = randomUUID()
  const [one, two, other] = await Promise.all([
    client.post(path, { ...decision, clientRunId }),
    client.post(path, { ...decision, clientRunId }),
    client.tab().post(path, decision),
  ])
  const answers = [one, two, other].map(({ status, body }) => [status, body?.code])
  expect(answers.filter(([status]) => status === 200).length).toBeGreaterThan(0)
  expect(sent).toHaveLength(1)
  const late = await client.post(path, decision)
  expect([late.status, late.body.code]).toEqual([409, 'NOT_PENDING'])
  const { body } = await client.get(`/api/chat/conversations/${stream.start.conversationId}`)
  const reply = body.messages.find(
    (message: { id: string }) => message.id === body.conversation.headMessageId,
  )
  expect(reply?.parts.map(({ type }: Part) => type)).toEqual(['text', 'tool', 'text'])
  expect(calls(reply?.parts ?? [])).toMatchObject([{ status: 'completed', content: 'enviado' }])
})

test('what is declined never runs, and the model is told', async () => {
  const sent: unknown[] = []
  await using app = await mount({ tools: { envia: envia(sent) } })
  app.upstream.replyOnce(ASKS)
  app.upstream.replyOnce({ tokens: ['Está bem.'] })
  const client = app.client()
  await using stream = await client.send({ content: 'Envie' })
  await stream.end()
  const [waiting] = calls(partsOfFrames(stream.frames))
  const answer = await client.post(`/api/chat/runs/${stream.start.runId}/decisions`, {
    decisions: [{ approvalId: waiting?.approvalId, decision: 'decline' }],
  })
  expect(answer.status).toBe(200)
  expect(sent).toEqual([])
  expect(JSON.stringify((await app.upstream.request(1)).body)).toContain('decided that this call may not run')
})

test('"always" asks no more in this conversation, and in every other one', async () => {
  const sent: unknown[] = []
  await using app = await mount({ tools: { envia: envia(sent) } })
  const client = app.client()
  app.upstream.replyOnce(ASKS)
  app.upstream.replyOnce({ tokens: ['Enviei.'] })
  await using stream = await client.send({ content: 'Envie' })
  await stream.end()
  const [waiting] = calls(partsOfFrames(stream.frames))
  await client.post(`/api/chat/runs/${stream.start.runId}/decisions`, {
    decisions: [{ approvalId: waiting?.approvalId, decision: 'always' }],
  })
  app.upstream.replyOnce(ASKS)
  app.upstream.replyOnce({ tokens: ['De novo.'] })
  await using again = await client.send({ content: 'Outra vez', conversationId: stream.start.conversationId })
  expect(await again.end()).toMatchObject({ status: 'completed' })
  expect(sent).toHaveLength(2)
  app.upstream.replyOnce(ASKS)
  await using elsewhere = await client.send({ content: 'Envie' })
  expect(await elsewhere.end()).toMatchObject({ status: 'paused' })
})

test('a fork has nothing to decide', async () => {
  await using app = await mount({ tools: { envia: envia([]) } })
  app.upstream.replyOnce(ASKS)
  const client = app.client()
  await using stream = await client.send({ content: 'Envie' })
  await stream.end()
  const { conversationId, messageId } = stream.start
  const { body } = await client.post(`/api/chat/conversations/${conversationId}/fork`, { messageId })
  const copy = body.messages.at(-1)
  expect(copy).toMatchObject({ status: 'stopped' })
  expect(calls(copy?.parts ?? [])).toMatchObject([{ status: 'stopped', attempt: 0 }])
  const original = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(original.body.messages.at(-1)).toMatchObject({ status: 'paused' })
})

test('an approval is good for one call', async () => {
  const sent: unknown[] = []
  await using app = await mount({ tools: { envia: envia(sent) } })
  const client = app.client()
  app.upstream.replyOnce(ASKS)
  app.upstream.replyOnce(ASKS)
  await using stream = await client.send({ content: 'Envie' })
  await stream.end()
  const [waiting] = calls(partsOfFrames(stream.frames))
  await using next = await client.decide(stream.start.runId, {
    decisions: [{ approvalId: waiting?.approvalId, decision: 'approve' }],
  })
  expect(await next.end()).toMatchObject({ status: 'paused' })
  expect(calls(partsOfFrames(next.frames)).map(({ status }) => status)).toEqual(['completed', 'waiting'])
  expect(sent).toHaveLength(1)
})

test('a new message declines what waits', async () => {
  const sent: unknown[] = []
  await using app = await mount({ tools: { envia: envia(sent) } })
  app.upstream.replyOnce(ASKS)
  app.upstream.reply({ tokens: ['Ok.'] })
  const client = app.client()
  await using stream = await client.send({ content: 'Envie' })
  await stream.end()
  await using next = await client.send({ content: 'Deixe', conversationId: stream.start.conversationId })
  await next.end()
  const [waiting] = calls(partsOfFrames(stream.frames))
  const path = `/api/chat/runs/${stream.start.runId}/decisions`
  const decision = { decisions: [{ approvalId: waiting?.approvalId, decision: 'approve' }] }
  const late = await client.post(path, decision)
  expect([late.status, late.body.code]).toEqual([409, 'NOT_PENDING'])
  expect(sent).toEqual([])
})

test('decisions of strangers and for other calls are refused', async () => {
  const sent: unknown[] = []
  await using app = await mount({ tools: { envia: envia(sent) } })
  app.upstream.replyOnce(ASKS)
  const client = app.client()
  await using stream = await client.send({ content: 'Envie' })
  await stream.end()
  const [waiting] = calls(partsOfFrames(stream.frames))
  const path = `/api/chat/runs/${stream.start.runId}/decisions`
  const decision = { approvalId: waiting?.approvalId, decision: 'approve' }
  const stranger = await app.client().post(path, { decisions: [decision] })
  expect([stranger.status, stranger.body.code]).toEqual([404, 'NOT_FOUND'])
  for (const decisions of [
    [],
    [{ ...decision, approvalId: randomUUID() }],
    [decision, { ...decision, approvalId: randomUUID() }],
    [decision, { ...decision, decision: 'decline' }],
    [{ ...decision, decision: 'maybe' }],
  ]) {
    const answer = await client.post(path, { decisions })
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST'])
  }
  expect(sent).toEqual([])
})

test('a clientRunId that has begun another run decides nothing', async () => {
  const sent: unknown[] = []
  await using app = await mount({ tools: { envia: envia(sent) } })
  const client = app.client()
  const clientRunId = randomUUID()
  const decide = async (content: string) => {
    app.upstream.replyOnce(ASKS)
    app.upstream.replyOnce({ tokens: ['Enviei.'] })
    await using stream = await client.send({ content })
    await stream.end()
    const [waiting] = calls(partsOfFrames(stream.frames))
    const decisions = [{ approvalId: waiting?.approvalId, decision: 'approve' }]
    return client.post(`/api/chat/runs/${stream.start.runId}/decisions`, { clientRunId, decisions })
  }
  expect((await decide('Envie')).status).toBe(200)
  const other = await decide('Envie outra vez')
  expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH'])
  expect(sent).toHaveLength(1)
})

test('two calls have two keys, also if the provider gives them one name', async () => {
  const sent: { callId: string }[] = []
  const nota = tool({
    description: 'Notes.',
    schema: z.object({}),
    run: (_, { callId }) => void sent.push({ callId }),
  })
  await using app = await mount({ tools: { nota } })
  const client = app.client()
  const id = 'call_of_a_provider_that_counts_anew'
  let conversationId: string | undefined
  for (const content of ['Note', 'Note outra vez']) {
    app.upstream.replyOnce({ tokens: [], calls: [{ name: 'nota', arguments: '{}', id }] })
    app.upstream.replyOnce({ tokens: ['Notado.'] })
    await using stream = await client.send({ content, ...(conversationId && { conversationId }) })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    ;({ conversationId } = stream.start)
  }
  expect(new Set(sent.map(({ callId }) => callId)).size).toBe(2)
})

const drawing = (bytes: Uint8Array) =>
  tool({
    description: 'Draws a chart.',
    schema: z.object({}),
    run: () =>
      withFiles('Pronto.', [
        { name: 'gráfico.png', bytes },
        { name: '../../dados.csv', bytes: Buffer.from('a;b\n1;2\n') },
        { name: 'nada.png', bytes: Buffer.alloc(26_000_000) },
      ]),
  })

describe.each<Api>(['responses', 'chat'])('with %s', api => {
  test('files of a tool are shown and saved, the model sees the pictures, and a share has them', async () => {
    const picture = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    await using app = await mount({ api, tools: { desenha: drawing(picture) } })
    app.upstream.replyOnce({ tokens: [], calls: [{ name: 'desenha', arguments: '{}' }] })
    app.upstream.reply({ tokens: ['Veja.'] })
    const client = app.client()
    await using stream = await client.send({ content: 'Desenhe' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const parts = partsOfFrames(stream.frames)
    const [call] = calls(parts)
    expect(call).toMatchObject({
      status: 'completed',
      content: 'Pronto.\n\n[nada.png could not be kept: FILE_TOO_LARGE]',
      files: [
        { type: 'image', name: 'gráfico.jpg', mediaType: 'image/jpeg', width: 30, height: 20 },
        { type: 'document', name: 'dados.csv', mediaType: 'text/csv', size: 8 },
      ],
    })
    const { conversationId } = stream.start
    const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
    expect(body.messages.at(-1)?.parts).toEqual(parts)
    expect(stream.raw.length).toBeLessThan(5000)

    const [image, sheet] = call?.files ?? []
    const saved = await client.get(`/api/chat/files/${sheet?.fileId}`)
    expect([saved.text, saved.headers['content-type']]).toEqual(['a;b\n1;2\n', 'application/octet-stream'])
    expect((await app.client().get(`/api/chat/files/${image?.fileId}`)).status).toBe(404)
    const share = await client.post(`/api/chat/conversations/${conversationId}/shares`, {})
    const shared = `/api/chat/shared/${share.body.share.id}/files/${image?.fileId}`
    expect((await app.client().get(shared)).status).toBe(200)

    const zip = await readBytes(client, `/api/chat/conversations/${conversationId}/export?format=zip`)
    const paths = Object.keys(unzipSync(zip.bytes))
    expect(paths).toEqual(['Desenhe.md', 'files/gráfico.jpg', 'files/dados.csv'])

    await using next = await client.send({ content: 'E agora?', conversationId })
    await next.end()
    for (const number of [1, 2]) {
      const asked = JSON.stringify((await app.upstream.request(number)).body)
      expect(asked.match(/data:image\/jpeg;base64,[\w+/]+=*/g)).toHaveLength(1)
      expect(asked).toContain('gráfico.jpg')
    }
  }, 30_000)
})
