import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/protocol/responses.ts'
import type { TestClient } from '../harness/client.ts'
import { openLives } from '../proof/lives.ts'
import { isCall } from '../proof/view.ts'

const LINE = { linha: 'uma' }
const MAY_HAVE = 'It may have had its effect'
const DID_NOT = 'This call did not run'

const callOf = (name: string) => ({ tokens: [], calls: [{ name, arguments: JSON.stringify(LINE) }] })

async function lastReply(client: TestClient, conversationId: string): Promise<Message> {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(body.activeRun).toBeNull()
  const reply = body.messages.find(({ id }) => id === body.conversation.headMessageId)
  if (!reply?.runId) throw new Error(`no reply in ${JSON.stringify(body)}`)
  return reply
}

const callsOf = ({ parts }: Message) => parts.filter(isCall)

describe.each([
  { dieAt: 'before:tool-run', status: 'stopped', attempt: 0, made: 0, told: DID_NOT },
  { dieAt: 'after:tool-run', status: 'unknown', attempt: 1, made: 0, told: MAY_HAVE },
  { dieAt: 'before:tool-end', status: 'unknown', attempt: 1, made: 1, told: MAY_HAVE },
  { dieAt: 'after:tool-end', status: 'completed', attempt: 1, made: 1, told: 'escrito: uma' },
] as const)('killed $dieAt is stored', ({ dieAt, status, attempt, made, told }) => {
  test('a call is made at most once, and the person and the model are told what is known', async () => {
    await using lives = await openLives({ dieAt })
    const { upstream, client } = lives
    upstream.replyOnce(callOf('conta'))
    await using stream = await client.send({ content: 'Escreva' })
    await lives.died
    await stream.closed
    const { conversationId, runId, userMessageId } = stream.start
    await lives.live()
    expect(lives.lines()).toEqual(Array(made).fill(LINE))

    const reply = await lastReply(client, conversationId)
    expect(reply).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED', retryable: true })
    expect(callsOf(reply)).toMatchObject([
      { tool: 'conta', status, attempt, arguments: JSON.stringify(LINE) },
    ])
    await using rest = await client.follow(runId, stream.lastSeq)
    expect(await rest.end()).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })

    upstream.reply({ tokens: ['Está bem.'] })
    await using next = await client.retry({ userMessageId, continueMessageId: reply.id })
    expect(await next.end()).toMatchObject({ status: 'completed' })
    await using later = await client.send({ content: 'E agora?', conversationId })
    expect(await later.end()).toMatchObject({ status: 'completed' })
    for (const number of [1, 2]) expect(JSON.stringify((await upstream.request(number)).body)).toContain(told)
    expect(callsOf(await messageOf(client, conversationId, next.start.messageId))).toMatchObject([{ status }])
    expect(lives.lines()).toEqual(Array(made).fill(LINE))
  }, 60_000)
})

describe.each([
  { dieAt: 'after:tool-run', made: 1, attempt: 2 },
  { dieAt: 'before:tool-end', made: 2, attempt: 2 },
  { dieAt: 'after:tool-end', made: 1, attempt: 1 },
] as const)('killed $dieAt of a tool that may be repeated', ({ dieAt, made, attempt }) => {
  test('the reply goes on by itself with the answer of the same call', async () => {
    await using lives = await openLives({ dieAt })
    const { upstream, client } = lives
    upstream.replyOnce(callOf('repete'))
    upstream.reply({ tokens: ['Está', ' bem.'] })
    await using stream = await client.send({ content: 'Escreva' })
    await lives.died
    await stream.closed
    const { conversationId, runId } = stream.start
    await lives.live()

    await using rest = await client.follow(runId, stream.lastSeq)
    expect(await rest.end()).toMatchObject({ status: 'completed', usage: { inputTokens: 24 } })
    const reply = await lastReply(client, conversationId)
    expect(callsOf(reply)).toMatchObject([
      { tool: 'repete', status: 'completed', attempt, content: 'escrito: uma', step: 1 },
    ])
    expect(reply.parts.at(-1)).toMatchObject({ type: 'text', text: 'Está bem.' })
    const [{ callId } = { callId: '' }] = callsOf(reply)
    expect(lives.made()).toEqual(Array(made).fill(callId))
    expect(JSON.stringify((await upstream.request(1)).body)).toContain('escrito: uma')
    expect(upstream.requests.length).toBe(2)
  }, 60_000)
})

async function messageOf(client: TestClient, conversationId: string, id: string): Promise<Message> {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  const message = body.messages.find(each => each.id === id)
  if (!message) throw new Error(`no message ${id}`)
  return message
}

/** Lets a reply pause, and begins to approve its call. Nobody answers, because the server dies of it. */
async function approveAndDie(lives: Awaited<ReturnType<typeof openLives>>) {
  const { upstream, client } = lives
  upstream.replyOnce(callOf('pede'))
  await using stream = await client.send({ content: 'Peça' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const { conversationId, runId, userMessageId } = stream.start
  const [call] = callsOf(await lastReply(client, conversationId))
  const body = {
    clientRunId: randomUUID(),
    decisions: [{ approvalId: call?.approvalId, decision: 'approve' }],
  }
  await client.decide(runId, body).catch(() => {})
  await lives.died
  await lives.live()
  return { conversationId, runId, userMessageId, body }
}

test('killed before a decision is stored, the call waits, and the repeated decision makes it once', async () => {
  await using lives = await openLives({ dieAt: 'before:run-continue' })
  const { client, upstream } = lives
  const { conversationId, runId, body } = await approveAndDie(lives)
  const paused = await lastReply(client, conversationId)
  expect(paused).toMatchObject({ status: 'paused' })
  expect(callsOf(paused)).toMatchObject([{ status: 'waiting', attempt: 0 }])
  expect(lives.lines()).toEqual([])

  upstream.reply({ tokens: ['Feito.'] })
  const streams = await Promise.all([client.decide(runId, body), client.decide(runId, body)])
  for (const stream of streams) expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(new Set(streams.map(({ start }) => start.runId)).size).toBe(1)
  expect(callsOf(await lastReply(client, conversationId))).toMatchObject([
    { status: 'completed', attempt: 1 },
  ])
  expect(lives.lines()).toEqual([LINE])
}, 60_000)

test('killed after a decision is stored, the call never ran, and no decision makes it', async () => {
  await using lives = await openLives({ dieAt: 'after:run-continue' })
  const { client, upstream } = lives
  const { conversationId, runId, userMessageId, body } = await approveAndDie(lives)
  const reply = await lastReply(client, conversationId)
  expect(reply).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
  expect(callsOf(reply)).toMatchObject([{ status: 'stopped', attempt: 0 }])

  await using repeated = await client.decide(runId, body)
  expect(await repeated.end()).toMatchObject({ status: 'interrupted' })
  const another = await client.post(`/api/chat/runs/${runId}/decisions`, { decisions: body.decisions })
  expect([another.status, another.body.code]).toEqual([409, 'NOT_PENDING'])

  upstream.reply({ tokens: ['Está bem.'] })
  await using next = await client.retry({ userMessageId, continueMessageId: reply.id })
  expect(await next.end()).toMatchObject({ status: 'completed' })
  expect(JSON.stringify((await upstream.request(1)).body)).toContain(DID_NOT)
  expect(lives.lines()).toEqual([])
}, 60_000)
