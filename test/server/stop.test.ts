import { expect, test } from 'vitest'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

test('Stop closes the upstream, keeps the partial text and ends every reader', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois', ' três'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await using other = await client.tab().follow(stream.start.runId)
  await gate.next(2)
  await Promise.all([stream.untilText('um dois'), other.untilText('um dois')])
  const { runId, conversationId } = stream.start

  const answer = await client.post(`/api/chat/runs/${runId}/stop`)
  expect(await (await upstream.request(0)).closed).toBe('client')
  const ends = await Promise.all([stream.end(), other.end()])
  expect(ends).toMatchObject([{ status: 'stopped' }, { status: 'stopped' }])
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({ status: 'stopped', lastSeq: stream.lastSeq })
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(body.messages[1]).toMatchObject({
    status: 'stopped',
    parts: [{ id: '1', type: 'text', text: 'um dois' }],
  })
  expect(body.activeRun).toBeNull()
})

test('Stop from another tab after a reload works the same', async () => {
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const stream = await client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  await stream.cut()
  const tab = client.tab()
  const { body } = await tab.get(`/api/chat/conversations/${stream.start.conversationId}`)
  const answer = await tab.post(`/api/chat/runs/${body.activeRun?.runId}/stop`)
  expect(answer.body.status).toBe('stopped')
  expect(await (await upstream.request(0)).closed).toBe('client')
})

test('Stop before the first byte, and while waiting to ask again, ends the run at once', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  for (const scenario of ['hang-before-headers', 'hang-before-text', 'rate-limit-retry-after'] as const) {
    upstream.replyOnce(scenario)
    await using stream = await client.send({ content: 'Oi' })
    if (scenario === 'rate-limit-retry-after') await stream.until(frame => frame.event.type === 'run-retry')
    else await upstream.request(upstream.requests.length === 0 ? 0 : upstream.requests.length - 1)
    const answer = await client.post(`/api/chat/runs/${stream.start.runId}/stop`)
    expect(answer.body.status).toBe('stopped')
    expect(await stream.end()).toMatchObject({ status: 'stopped' })
  }
})

test('deleting a conversation stops its active run', async () => {
  await using upstream = await createUpstream()
  upstream.reply('hang-between-tokens')
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  const path = `/api/chat/conversations/${stream.start.conversationId}`
  expect((await client.call('DELETE', path)).status).toBe(204)
  expect(await (await upstream.request(0)).closed).toBe('client')
  expect((await client.get(path)).status).toBe(404)
})

test('a Stop of one run that comes late does not stop the next run of the conversation', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  const completed = await client.send({ content: 'Um' })
  await completed.end()
  const { conversationId } = completed.start
  const held = upstream.hold({ tokens: ['dois'] })
  const stopped = await client.send({ content: 'Dois', conversationId })
  await held.next()
  await stopped.untilText('dois')
  const stop = (stream: typeof completed) => client.tab().post(`/api/chat/runs/${stream.start.runId}/stop`)
  await stop(stopped)
  await stopped.end()

  const gate = upstream.hold({ tokens: ['três', ' quatro'] })
  const sent = client.send({ content: 'Três', conversationId })
  const during = await Promise.all([stop(completed), stop(stopped)])
  await using next = await sent
  await gate.next()
  await next.untilText('três')
  const late = await Promise.all([stop(completed), stop(stopped), stop(completed), stop(stopped)])
  for (const [index, answer] of [...during, ...late].entries()) {
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual(
      index % 2 === 0
        ? { status: 'completed', lastSeq: completed.lastSeq }
        : { status: 'stopped', lastSeq: stopped.lastSeq },
    )
  }
  await gate.next(2)
  expect(await next.end()).toMatchObject({ status: 'completed' })
  expect(next.text).toBe('três quatro')
  expect(await (await upstream.request(2)).closed).not.toBe('client')
})
