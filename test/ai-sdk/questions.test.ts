import { acceptedContent, inputRequired, inputResponse } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  createRiachoTransport,
  type RiachoUIMessage,
  toUIMessages,
} from '../../src/ai-sdk/riachoTransport.ts'
import type { RiachoOptions } from '../../src/riacho.ts'
import { tool } from '../../src/server/tools/hostTools.ts'
import { mount } from '../harness/mountedApp.ts'
import { startEverything, startOwnServer } from '../harness/toolServers.ts'
import { openChat } from './chatWorld.ts'

/** An app with tools, and the stock chat of the AI SDK. */
async function openTalk(options: RiachoOptions) {
  const app = await mount(options)
  const client = app.client()
  await client.get('/api/chat/conversations')
  const transport = createRiachoTransport({ baseUrl: app.url, headers: { cookie: client.cookie ?? '' } })
  const stored = async (id: string) => (await client.get(`/api/chat/conversations/${id}`)).body
  return {
    upstream: app.upstream,
    ...openChat(transport, { id: 'new' }, stored),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

function partsOf(message: RiachoUIMessage | undefined) {
  return (message?.parts ?? []).filter(
    ({ type }) => type === 'dynamic-tool' || type === 'data-riacho-question',
  )
}

function questionIn(message: RiachoUIMessage | undefined) {
  return (message?.parts ?? []).find(part => part.type === 'data-riacho-question')?.data
}

const WHEN = z.object({ day: z.string().meta({ title: 'Dia' }) })

const startBooking = () =>
  startOwnServer(own =>
    own.registerTool('book', {}, ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'when')
      if (answer.kind === 'missing')
        return inputRequired({
          inputRequests: { when: inputRequired.elicit({ message: 'Que dia?', requestedSchema: WHEN }) },
        })
      const { day } = acceptedContent<{ day: string }>(mcpReq.inputResponses, 'when') ?? { day: 'no day' }
      return { content: [{ type: 'text', text: `booked ${day}` }] }
    }),
  )

test('a tool asks on the page of useChat, and the reply goes on with the answer', async () => {
  await using server = await startBooking()
  await using talk = await openTalk({ mcp: { own: { url: server.url, approve: 'never' } } })
  const { chat, transport, upstream } = talk
  upstream.replyOnce({ tokens: ['Vejo.'], calls: [{ name: 'own__book', arguments: '{}' }] })
  await chat.sendMessage({ text: 'Marque' })
  const message = chat.messages.at(-1) ?? expect.fail()
  const question = questionIn(message) ?? expect.fail('no question')
  expect(message.metadata?.status).toBe('paused')
  expect(question).toMatchObject({
    mode: 'form',
    message: 'Que dia?',
    fields: [{ name: 'day', label: 'Dia', kind: 'text', isRequired: true }],
    toolCallId: partsOf(message).flatMap(part => (part.type === 'dynamic-tool' ? part.toolCallId : []))[0],
  })
  const [, paused] = toUIMessages(await talk.stored())
  expect(partsOf(message)).toMatchObject(partsOf(paused))

  upstream.replyOnce({ tokens: ['Marcado.'] })
  const { questionId } = question
  const answers = [{ questionId, action: 'accept' as const, values: { day: 'sexta' } }]
  await transport.decide({ chatId: chat.id, message, answers })
  // The reply may have ended before the page reads it.
  await expect.poll(async () => (await talk.stored()).activeRun).toBe(null)
  await chat.resumeStream()
  const reply = chat.messages.at(-1)
  expect(chat.messages).toHaveLength(2)
  expect(reply).toMatchObject({ id: message.id, metadata: { status: 'completed' } })
  expect(partsOf(reply)).toMatchObject([
    { type: 'dynamic-tool', state: 'output-available', output: 'booked sexta' },
    { data: { questionId, message: 'Que dia?', action: 'accept' } },
  ])
  expect(questionIn(reply)).not.toHaveProperty('fields')
  expect(talk.lastText()).toBe('Vejo.Marcado.')
  const [, ended] = toUIMessages(await talk.stored())
  expect(partsOf(reply)).toMatchObject(partsOf(ended))
  await chat.resumeStream()
  expect(chat.messages).toHaveLength(2)
  await expect(transport.decide({ chatId: chat.id, message, answers })).rejects.toMatchObject({
    code: 'NOT_PENDING',
  })
}, 60_000)

test('what a call asks while it goes on is answered at once, and the stream goes on', async () => {
  await using server = await startEverything()
  await using talk = await openTalk({ mcp: { everything: { url: server.url, approve: 'never' } } })
  const { chat, transport, upstream } = talk
  const name = 'everything__trigger-elicitation-request'
  upstream.replyOnce({ tokens: [], calls: [{ name, arguments: '{}' }] })
  upstream.replyOnce({ tokens: ['Obrigado.'] })
  const sent = chat.sendMessage({ text: 'Pergunte' })
  await expect.poll(() => questionIn(chat.messages.at(-1)), { timeout: 30_000 }).toBeDefined()
  const message = chat.messages.at(-1) ?? expect.fail()
  const { questionId = '' } = questionIn(message) ?? {}
  const answers = [{ questionId, action: 'accept' as const, values: { name: 'Ana' } }]
  await transport.decide({ chatId: chat.id, message, answers })
  await sent
  expect(partsOf(chat.messages.at(-1))).toMatchObject([
    { state: 'output-available', output: expect.stringContaining('Ana') },
    { data: { questionId, action: 'accept' } },
  ])
  expect(talk.lastText()).toBe('Obrigado.')
}, 60_000)

test('a person decides about a call, and the reply goes on in the chat', async () => {
  const tools = {
    soma: tool({ description: 'Adds.', schema: z.object({}), approve: 'always', run: () => '42' }),
  }
  await using talk = await openTalk({ tools })
  const { chat, transport, upstream } = talk
  upstream.replyOnce({ tokens: [], calls: [{ name: 'soma', arguments: '{}' }] })
  await chat.sendMessage({ text: 'Some' })
  const message = chat.messages.at(-1) ?? expect.fail()
  const [call] = partsOf(message)
  if (call?.type !== 'dynamic-tool' || call.state !== 'approval-requested') return expect.fail('no approval')
  const gate = upstream.hold({ tokens: ['São', ' 42.'] })
  const decisions = [{ approvalId: call.approval.id, decision: 'approve' as const }]
  await transport.decide({ chatId: chat.id, message, decisions })
  const resumed = chat.resumeStream()
  await gate.next()
  await expect.poll(talk.lastText).toBe('São')
  gate.open()
  await resumed
  expect(partsOf(chat.messages.at(-1))).toMatchObject([{ state: 'output-available', output: '42' }])
  expect(talk.lastText()).toBe('São 42.')
  expect(chat.status).toBe('ready')

  // What is said next follows the reply as it is now.
  upstream.replyOnce({ tokens: ['Sim.'] })
  await chat.sendMessage({ text: 'Certo?' })
  upstream.replyOnce({ tokens: ['Com certeza.'] })
  await chat.sendMessage({ text: 'Tem certeza?', messageId: chat.messages.at(-2)?.id ?? '' })
  const edited = toUIMessages(await talk.stored())
  expect(edited).toHaveLength(4)
  expect(partsOf(edited[1])).toMatchObject([{ output: '42' }])
})
