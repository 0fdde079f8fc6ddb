import { randomUUID } from 'node:crypto'
import { acceptedContent, inputRequired, inputResponse } from '@modelcontextprotocol/server'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Part } from '../../src/protocol/parts.ts'
import type { Question } from '../../src/protocol/questions.ts'
import { partsOfFrames, type TestClient, type TestStream } from '../harness/client.ts'
import { mount } from '../harness/mountedApp.ts'
import { everythingProgram, startEverything, startOwnServer } from '../harness/toolServers.ts'

type Call = Extract<Part, { type: 'tool' }>

const callTo = (name: string, args: object = {}) => ({ name, arguments: JSON.stringify(args) })

function callsOf(stream: TestStream) {
  return partsOfFrames(stream.frames).filter((part): part is Call => part.type === 'tool')
}

function questionsOf(stream: TestStream): Question[] {
  return callsOf(stream).flatMap(({ questions = [] }) => questions)
}

const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] })
const WHEN = z.object({ day: z.string().meta({ title: 'Dia' }) })

/** A server whose tool asks for a day, and then books it. */
async function startBooking() {
  const booked: string[] = []
  let calls = 0
  const server = await startOwnServer(own =>
    own.registerTool('book', { inputSchema: z.object({ who: z.string() }) }, ({ who }, { mcpReq }) => {
      calls += 1
      const answer = inputResponse(mcpReq.inputResponses, 'when')
      if (answer.kind === 'missing')
        return inputRequired({
          inputRequests: { when: inputRequired.elicit({ message: 'Que dia?', requestedSchema: WHEN }) },
          requestState: `for ${who}`,
        })
      const accepted = acceptedContent<{ day: string }>(mcpReq.inputResponses, 'when')
      if (!accepted) return text(`not booked: ${JSON.stringify(answer)}`)
      booked.push(`${accepted.day} ${mcpReq.requestState()}`)
      return text(`booked ${accepted.day}`)
    }),
  )
  const app = await mount({ mcp: { own: { url: server.url, approve: 'never' } } })
  return {
    app,
    booked,
    calls: () => calls,
    server,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

type Booking = Awaited<ReturnType<typeof startBooking>>

/** Lets the reply pause with the question. */
async function ask({ app }: Pick<Booking, 'app'>, client: TestClient) {
  app.upstream.replyOnce({ calls: [callTo('own__book', { who: 'Ana' })] })
  const stream = await client.send({ content: 'Marque' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const [question] = questionsOf(stream)
  if (!question) throw new Error('no question')
  await stream[Symbol.asyncDispose]()
  return { ...stream.start, question, call: callsOf(stream)[0] }
}

const answerWith = (question: Question, rest: object) => ({
  clientRunId: randomUUID(),
  answers: [{ questionId: question.questionId, ...rest }],
})

describe('a server of 2026 that asks', () => {
  test('the reply pauses, and the call goes on with the answer', async () => {
    await using booking = await startBooking()
    const { app, booked } = booking
    const client = app.client()
    const { question, runId, call } = await ask(booking, client)
    expect(call).toMatchObject({ status: 'waiting', attempt: 1 })
    expect(question).toEqual({
      questionId: question.questionId,
      mode: 'form',
      message: 'Que dia?',
      fields: [{ name: 'day', label: 'Dia', kind: 'text', isRequired: true }],
    })
    app.upstream.replyOnce({ tokens: ['Marcado.'] })
    const body = answerWith(question, { action: 'accept', values: { day: 'sexta' } })
    await using rest = await client.decide(runId, body)
    expect(await rest.end()).toMatchObject({ status: 'completed' })
    expect(callsOf(rest)).toMatchObject([
      {
        status: 'completed',
        attempt: 2,
        content: 'booked sexta',
        questions: [{ mode: 'form', message: 'Que dia?', action: 'accept' }],
      },
    ])
    expect(booked).toEqual(['sexta for Ana'])
    // What the person said went to the server, and nowhere else.
    expect(rest.raw.replaceAll('booked sexta', '')).not.toContain('sexta')
    expect(rest.raw).not.toContain('for Ana')
  }, 60_000)

  test.each(['decline', 'cancel'])(
    'the server hears that a person says %s',
    async action => {
      await using booking = await startBooking()
      const { app, booked } = booking
      const client = app.client()
      const { question, runId } = await ask(booking, client)
      app.upstream.replyOnce({ tokens: ['Está bem.'] })
      await using rest = await client.decide(runId, answerWith(question, { action }))
      await rest.end()
      expect(callsOf(rest)[0]?.content).toContain(`"action":"${action}"`)
      expect(booked).toEqual([])
    },
    60_000,
  )

  test('what does not fit the form is refused, and changes nothing', async () => {
    await using booking = await startBooking()
    const { app, calls } = booking
    const client = app.client()
    const { question, runId } = await ask(booking, client)
    const refused = async (body: object) => {
      const answer = await client.post(`/api/chat/runs/${runId}/decisions`, body)
      expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST'])
      return (JSON.parse(answer.text) as { issues: string[] }).issues
    }
    const form = (values: object) => answerWith(question, { action: 'accept', values })
    expect(await refused(form({}))).toEqual(['answers: day: is missing'])
    expect(await refused(form({ day: 3 }))).toEqual(['answers: day: expected a text'])
    expect(await refused(form({ day: 'a', night: 'b' }))).toEqual(['answers: night: is no field'])
    await refused(answerWith(question, { action: 'later' }))
    await refused({ answers: [] })
    await refused({})
    await refused({ answers: [{ questionId: randomUUID(), action: 'accept' }] })
    await refused({ decisions: [{ approvalId: question.questionId, decision: 'approve' }] })
    expect(calls()).toBe(1)
    app.upstream.replyOnce({ tokens: ['Marcado.'] })
    await using rest = await client.decide(runId, form({ day: 'hoje' }))
    expect(await rest.end()).toMatchObject({ status: 'completed' })
  }, 60_000)

  test('two tabs answer once, a stranger finds nothing, and a new message answers for good', async () => {
    await using booking = await startBooking()
    const { app, booked } = booking
    const client = app.client()
    const { question, runId, conversationId } = await ask(booking, client)
    const body = () => answerWith(question, { action: 'accept', values: { day: 'sexta' } })
    const path = `/api/chat/runs/${runId}/decisions`
    const stranger = await app.client().post(path, body())
    expect([stranger.status, stranger.body.code]).toEqual([404, 'NOT_FOUND'])
    app.upstream.replyOnce({ tokens: ['Marcado.'] })
    const both = await Promise.all([client.post(path, body()), client.post(path, body())])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(booked).toHaveLength(1)

    const later = await ask(booking, client)
    app.upstream.replyOnce({ tokens: ['Certo.'] })
    await using next = await client.send({ content: 'Deixe', conversationId: later.conversationId })
    await next.end()
    const late = await client.post(
      `/api/chat/runs/${later.runId}/decisions`,
      answerWith(later.question, { action: 'accept', values: { day: 'x' } }),
    )
    expect([late.status, late.body.code]).toEqual([409, 'NOT_PENDING'])
    expect(booked).toHaveLength(1)
    const { body: last } = await app.upstream.request(3)
    expect(JSON.stringify(last)).toContain('nobody has answered')
    expect(conversationId).not.toBe(later.conversationId)
  }, 60_000)

  test('an address is shown only if it is one of the web', async () => {
    await using own = await startOwnServer(server => {
      const to = (url: string) =>
        inputRequired({ inputRequests: { go: inputRequired.elicitUrl({ message: 'Pague', url }) } })
      server.registerTool('pay', {}, ({ mcpReq }) =>
        mcpReq.inputResponses ? text('paid') : to('https://pay.example/1'),
      )
      server.registerTool('script', {}, () => to('javascript:alert(1)'))
    })
    await using app = await mount({ mcp: { own: { url: own.url, approve: 'never' } } })
    const client = app.client()
    app.upstream.replyOnce({ calls: [callTo('own__script'), callTo('own__pay')] })
    await using stream = await client.send({ content: 'Pague' })
    expect(await stream.end()).toMatchObject({ status: 'paused' })
    const [script, pay] = callsOf(stream)
    expect(script).toMatchObject({ status: 'failed' })
    expect(stream.raw).not.toContain('javascript:')
    expect(pay?.questions).toMatchObject([{ mode: 'url', message: 'Pague', url: 'https://pay.example/1' }])
    app.upstream.replyOnce({ tokens: ['Pago.'] })
    const [question] = pay?.questions ?? []
    await using rest = await client.decide(
      stream.start.runId,
      answerWith(question as Question, { action: 'accept' }),
    )
    await rest.end()
    const [, paid] = callsOf(rest)
    expect(paid).toMatchObject({ status: 'completed', content: 'paid' })
    expect(paid?.questions?.[0]).not.toHaveProperty('url')
  }, 60_000)

  test('a tool that has changed meanwhile does not get the answer', async () => {
    let description = 'Books.'
    const got: unknown[] = []
    await using own = await startOwnServer(server =>
      server.registerTool('book', { description }, ({ mcpReq }) => {
        got.push(mcpReq.inputResponses)
        return inputRequired({
          inputRequests: { when: inputRequired.elicit({ message: 'Que dia?', requestedSchema: WHEN }) },
        })
      }),
    )
    await using app = await mount({ mcp: { own: { url: own.url, approve: 'never' } } })
    const client = app.client()
    const { question, runId } = await ask({ app }, client)
    description = 'Books, and tells everybody.'
    app.upstream.replyOnce({ tokens: ['Não deu.'] })
    await using rest = await client.decide(
      runId,
      answerWith(question, { action: 'accept', values: { day: 'sexta' } }),
    )
    await rest.end()
    expect(callsOf(rest)).toMatchObject([
      { status: 'failed', content: expect.stringContaining('has changed') },
    ])
    expect(got).toEqual([undefined])
  }, 60_000)
})

const REACHED = [
  { way: 'stdio', reach: async () => ({ definition: everythingProgram, async [Symbol.asyncDispose]() {} }) },
  {
    way: 'Streamable HTTP',
    reach: async () => {
      const server = await startEverything()
      return { definition: { url: server.url }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
    },
  },
]

describe.each(REACHED)('the reference server, of 2025, over $way', ({ reach }) => {
  test('asks while the call goes on, and two tabs answer once', async () => {
    await using server = await reach()
    await using app = await mount({ mcp: { everything: { ...server.definition, approve: 'never' } } })
    const client = app.client()
    app.upstream.replyOnce({ calls: [callTo('everything__trigger-elicitation-request')] })
    app.upstream.replyOnce({ tokens: ['Obrigado.'] })
    await using stream = await client.send({ content: 'Pergunte' })
    await stream.until(({ event }) => event.type === 'question-start')
    const [question] = questionsOf(stream)
    expect(callsOf(stream)).toMatchObject([{ status: 'waiting', attempt: 1 }])
    expect(question?.fields).toContainEqual({
      name: 'integer',
      label: 'Integer',
      description: expect.any(String),
      kind: 'integer',
      isRequired: false,
      default: 42,
      least: 1,
      most: 100,
    })
    expect(question?.fields?.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['text', 'boolean', 'email', 'uri', 'date', 'number', 'choice', 'choices']),
    )
    const path = `/api/chat/runs/${stream.start.runId}/answers`
    const said = (values: object) => ({
      answers: [{ questionId: question?.questionId, action: 'accept', values }],
    })
    const wrong = await client.post(path, said({ integer: 1000 }))
    expect([wrong.status, wrong.body.code]).toEqual([400, 'INVALID_REQUEST'])
    const stranger = await app.client().post(path, said({ name: 'Eva' }))
    expect([stranger.status, stranger.body.code]).toEqual([404, 'NOT_FOUND'])
    const values = { name: 'Ana', integer: 7, untitledMultipleSelectEnum: ['Guitar', 'Bass'] }
    const both = await Promise.all([client.post(path, said(values)), client.post(path, said(values))])
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409])
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    expect(callsOf(stream)).toMatchObject([
      { status: 'completed', content: expect.stringContaining('Ana'), questions: [{ action: 'accept' }] },
    ])
    const late = await client.post(path, said(values))
    expect([late.status, late.body.code]).toEqual([409, 'NOT_PENDING'])
  }, 60_000)
})
