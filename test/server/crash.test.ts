import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { type Frame, textOfFrames } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startProcess } from '../harness/server.ts'
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
  let frames: Frame[] = []
  {
    await using server = await startProcess({ upstream, folder })
    const client = server.client()
    await using stream = await client.send({ content: 'Quais?' })
    await gate.next(3)
    await stream.untilText('São três ações')
    expect(await server.kill('SIGKILL')).toBeNull()
    await stream.closed
    ;({ cookie } = client)
    ;({ text: shown, lastSeq } = stream)
    frames = [...stream.frames]
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
  expect(textOfFrames([...frames, ...rest.frames])).toBe(textOf(body.messages[1]?.parts ?? []))

  upstream.reply({ tokens: ['São três ações, e tchau.'] })
  await using retried = await client.retry({ userMessageId: body.messages[0]?.id })
  expect(await retried.end()).toMatchObject({ status: 'completed' })
})

test.each([1, 2, 3])(
  'a reader whose last %i events a power loss cost gets what is stored, and the end',
  async lost => {
    await using folder = await temporaryFolder()
    await using upstream = await createUpstream()
    const tokens = ['um', ' dois', ' três', ' quatro', ' cinco']
    const gate = upstream.hold({ tokens })
    let cookie: string | undefined
    let runId = ''
    let lastSeq = 0
    {
      await using server = await startProcess({ upstream, folder })
      const client = server.client()
      await using stream = await client.send({ content: 'Conte' })
      for (const [index] of tokens.entries()) {
        await gate.next()
        await stream.untilText(tokens.slice(0, index + 1).join(''))
      }
      await server.kill('SIGKILL')
      await stream.closed
      ;({ cookie } = client)
      ;({ lastSeq } = stream)
      ;({ runId } = stream.start)
    }
    deleteLastRows(join(folder.path, 'riacho.db'), lost)
    await using server = await startProcess({ upstream, folder })
    const client = server.client()
    client.cookie = cookie
    const stored = tokens.slice(0, -lost).join('')
    for (const after of [1, lastSeq - lost, lastSeq - lost + 1, lastSeq]) {
      await using rest = await client.follow(runId, after)
      expect(rest.status).toBe(200)
      expect(await rest.end()).toMatchObject({ status: 'interrupted', code: 'REPLY_INTERRUPTED' })
      expect(rest.frames.map(({ event }) => event.type)).toEqual(['snapshot', 'run-end'])
      expect(rest.text).toBe(stored)
      const [snapshot = 0, end = 0] = rest.frames.map(({ seq }) => seq)
      expect(snapshot).toBeGreaterThan(lastSeq)
      expect(end).toBe(snapshot + 1)
      await using all = await client.followMany([{ runId, seq: after }])
      await all.closed
      expect(all.raw).toContain('event: snapshot')
      await using again = await client.follow(runId, end)
      expect(again.status).toBe(204)
    }
  },
)

/** Deletes the last rows of the journal, which have one event each. A power loss has this effect. */
function deleteLastRows(file: string, rows: number): void {
  const database = new DatabaseSync(file)
  database
    .prepare('delete from journal where id in (select id from journal order by id desc limit ?)')
    .run(rows)
  database.close()
}

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
