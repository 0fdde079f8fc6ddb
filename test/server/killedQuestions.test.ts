import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acceptedContent, inputRequired } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Question } from '../../src/protocol/questions.ts'
import type { Message } from '../../src/protocol/responses.ts'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { freePort } from '../harness/freePort.ts'
import { startProtectedServer } from '../harness/protectedToolServer.ts'
import { startProcess } from '../harness/server.ts'
import { throughForms } from '../harness/signInAtIssuer.ts'
import { everythingProgram, startOwnServer } from '../harness/toolServers.ts'
import { isCall } from '../proof/view.ts'
import { createUpstream } from '../upstream/upstream.ts'

const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] })

/** Processes that live one after the other, with one database and these servers of tools. */
async function openLives(servers: object) {
  const [folder, upstream, port] = [await temporaryFolder(), await createUpstream(), await freePort()]
  const file = join(folder.path, 'tools.yaml')
  await writeFile(file, JSON.stringify({ servers }))
  const settings = { TITLES: 'words', TOOLS_FILE: file, PORT: String(port) }
  const live = () => startProcess({ folder, upstream, settings })
  const client = new TestClient(`http://127.0.0.1:${port}`)
  return {
    upstream,
    client,
    live,
    async [Symbol.asyncDispose]() {
      await upstream.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function replyOf(
  client: TestClient,
  conversationId: string,
): Promise<Message & { questions: Question[] }> {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  const reply = body.messages.find(({ id }) => id === body.conversation.headMessageId)
  if (!reply) throw new Error('no reply')
  return { ...reply, questions: reply.parts.filter(isCall).flatMap(({ questions = [] }) => questions) }
}

test('killed between a question and its answer, the next process goes on with the call', async () => {
  const booked: unknown[] = []
  await using own = await startOwnServer(server =>
    server.registerTool('book', {}, ({ mcpReq }) => {
      const when = acceptedContent(mcpReq.inputResponses, 'when')
      if (when) booked.push(when)
      const form = { message: 'Que dia?', requestedSchema: z.object({ day: z.string() }) }
      return when
        ? text('booked')
        : inputRequired({ inputRequests: { when: inputRequired.elicit(form) }, requestState: 'kept' })
    }),
  )
  await using lives = await openLives({ own: { url: own.url, approve: 'never' } })
  const { upstream, client } = lives
  const first = await lives.live()
  upstream.replyOnce({ calls: [{ name: 'own__book', arguments: '{}' }] })
  await using stream = await client.send({ content: 'Marque' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const { runId, conversationId } = stream.start
  await first.kill('SIGKILL')
  await using _second = await lives.live()
  const [question] = (await replyOf(client, conversationId)).questions
  upstream.replyOnce({ tokens: ['Marcado.'] })
  const body = {
    clientRunId: randomUUID(),
    answers: [{ questionId: question?.questionId, action: 'accept', values: { day: 'sexta' } }],
  }
  const both = await Promise.all([client.decide(runId, body), client.decide(runId, body)])
  for (const each of both) expect(await each.end()).toMatchObject({ status: 'completed' })
  expect(booked).toEqual([{ day: 'sexta' }])
}, 60_000)

test('killed while a running call asks, the call may have had its effect, and nobody can answer', async () => {
  await using lives = await openLives({ everything: { ...everythingProgram, approve: 'never' } })
  const { upstream, client } = lives
  const first = await lives.live()
  upstream.replyOnce({ calls: [{ name: 'everything__trigger-elicitation-request', arguments: '{}' }] })
  await using stream = await client.send({ content: 'Pergunte' })
  await stream.until(({ event }) => event.type === 'question-start')
  const { runId, conversationId } = stream.start
  await first.kill('SIGKILL')
  await using second = await lives.live()
  await using rest = await client.follow(runId, stream.lastSeq)
  expect(await rest.end()).toMatchObject({ status: 'interrupted' })
  const reply = await replyOf(client, conversationId)
  expect(reply).toMatchObject({
    status: 'interrupted',
    questions: [{ mode: 'form' }],
  })
  expect(reply.parts.filter(isCall)).toMatchObject([{ status: 'unknown', attempt: 1 }])
  expect(reply.questions[0]).not.toHaveProperty('fields')
  const answers = [{ questionId: reply.questions[0]?.questionId, action: 'accept', values: {} }]
  const late = await client.post(`/api/chat/runs/${runId}/answers`, { answers })
  expect([late.status, late.body.code]).toEqual([409, 'NOT_PENDING'])
  expect(second.rows('select id from live_questions')).toEqual([])
}, 60_000)

test('a sign-in that one process began is ended by the next, and its tokens are good there', async () => {
  await using server = await startProtectedServer((own, { person }) => {
    own.registerTool('whoami', {}, () => text(`you are ${person}`))
  })
  await using lives = await openLives({ calendar: { url: server.url, signin: true, approve: 'never' } })
  const { upstream, client } = lives
  const first = await lives.live()
  upstream.replyOnce({ calls: [{ name: 'calendar__sign_in', arguments: '{}' }] })
  await using stream = await client.send({ content: 'Quem sou?' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const { runId, conversationId } = stream.start
  const [question] = (await replyOf(client, conversationId)).questions
  const begun = await client.post(`/api/chat/runs/${runId}/questions/${question?.questionId}/sign-in`)
  await first.kill('SIGKILL')
  const back = new URL(await throughForms(JSON.parse(begun.text).url, 'ana', client.url))
  await using _second = await lives.live()
  expect((await client.get(back.pathname + back.search)).status).toBe(200)
  upstream.replyOnce({ calls: [{ name: 'calendar__whoami', arguments: '{}' }] })
  upstream.replyOnce({ tokens: ['Ana.'] })
  const answers = [{ questionId: question?.questionId, action: 'accept' }]
  await using rest = await client.decide(runId, { clientRunId: randomUUID(), answers })
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  const { parts } = await replyOf(client, conversationId)
  expect(parts.filter(isCall)).toMatchObject([{ status: 'completed' }, { content: 'you are ana' }])
}, 60_000)
