import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { type Frame, textOfFrames } from '../harness/client.ts'
import { startProcess, temporaryFolder } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

test('after kill -9 in the middle of a reply every shown character is stored, and no run is active', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['São', ' três', ' ações', ' 👋🏽'] })
  let cookie: string | undefined
  let shown = ''
  let conversationId = ''
  let runId = ''
  let lastSeq = 0
  let seen: readonly Frame[] = []
  {
    await using server = await startProcess({ upstream, folder })
    const client = server.client()
    await using stream = await client.send({ content: 'Quais?' })
    await gate.next(3)
    await stream.untilText('São três ações')
    expect(await server.kill('SIGKILL')).toBeNull()
    await stream.closed
    ;({ cookie } = client)
    ;({ text: shown, lastSeq, frames: seen } = stream)
    ;({ conversationId, runId } = stream.start)
  }
  await using server = await startProcess({ upstream, folder })
  const client = server.client()
  client.cookie = cookie
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  expect(body.activeRun).toBeNull()
  expect(body.messages[1]).toMatchObject({
    status: 'interrupted',
    code: 'REPLY_INTERRUPTED',
    retryable: true,
  })
  expect(textOf(body.messages[1]?.parts ?? []).startsWith(shown)).toBe(true)
  expect(shown).toBe('São três ações')

  await using rest = await client.follow(runId, lastSeq)
  expect(await rest.end()).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
  expect(textOfFrames([...seen, ...rest.frames])).toBe(textOf(body.messages[1]?.parts ?? []))

  // A reader may have seen an event that a loss of power has taken. No number of such an event is the end's.
  await using ahead = await client.follow(runId, lastSeq + 1)
  expect(await ahead.end()).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
  expect(ahead.text).toBe(rest.text)

  upstream.reply({ tokens: ['São três ações, e tchau.'] })
  await using retried = await client.retry({ userMessageId: body.messages[0]?.id })
  expect(await retried.end()).toMatchObject({ status: 'completed' })
})

test('SIGTERM lets the reply finish, takes no new message, and exits 0', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const gate = upstream.hold({ tokens: ['um', ' dois'] })
  await using server = await startProcess({ upstream, folder })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await gate.next()
  await stream.untilText('um')
  const gone = server.kill('SIGTERM')
  for (;;) {
    const { status } = await client.get('/api/ready')
    if (status === 503) break
  }
  const refused = await client.post('/api/chat/send', { content: 'E aí?' })
  expect([refused.status, refused.body.code]).toEqual([503, 'SHUTTING_DOWN'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  gate.open()
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(stream.text).toBe('um dois')
  expect(await gone).toBe(0)
})
