import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { textOf } from '../../src/protocol/parts.ts'
import { createRiacho } from '../../src/riacho.ts'
import { readersOf } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { createRecordingReader, silentLogger } from '../harness/log.ts'
import { mount } from '../harness/mountedApp.ts'
import { startServer } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'

/** The person whom a header names, as a host's session would. */
function ownerOf(request: Request): string | null | undefined {
  const user = request.headers.get('x-user')
  if (user === 'nobody') return undefined
  return user
}

test('the host decides who asks, and another person finds nothing', async () => {
  await using app = await mount({ owner: ownerOf })
  app.upstream.reply({ tokens: ['Olá, Ana.'] })
  const [ana, bia] = [app.client(), app.client()]
  await using live = await ana.send({ content: 'Oi' }, { 'x-user': 'ana' })
  await live.end()
  const path = `/api/chat/conversations/${live.start.conversationId}`
  expect((await bia.get(path, { 'x-user': 'ana' })).status).toBe(200)
  expect((await bia.get(path, { 'x-user': 'bia' })).status).toBe(404)
  expect((await ana.get(path)).status).toBe(404)
  expect((await ana.get(path, { 'x-user': 'nobody' })).body.code).toBe('UNAUTHENTICATED')
  expect(live.headers['set-cookie']).toBeUndefined()
})

test('whom the host knows as nobody is refused everywhere, also where a visitor would be known', async () => {
  await using app = await mount({ owner: ownerOf })
  const visitor = app.client()
  await visitor.get('/api/chat/conversations')
  const refused = await visitor.call('DELETE', '/api/chat/owner', { headers: { 'x-user': 'nobody' } })
  expect([refused.status, refused.body.code]).toEqual([401, 'UNAUTHENTICATED'])
})

test('a host that answers what is no id is an error, and mixes up nobody', async () => {
  // SQLite stores every lone surrogate as the same character.
  const ids = ['', 'a\ud800', 'a\udfff', '\ud800'.repeat(255), 'x'.repeat(256)]
  let id = ''
  await using app = await mount({ owner: () => id })
  for (id of ids) {
    expect((await app.client().get('/api/chat/conversations')).status).toBe(500)
    await expect(app.riacho.conversations.list({ owner: id })).rejects.toThrow(TypeError)
  }
})

test('whom the host leaves to Riacho is a visitor with a cookie', async () => {
  await using app = await mount({ owner: ownerOf })
  const visitor = app.client()
  await visitor.get('/api/chat/conversations')
  expect(visitor.cookie).toContain('riacho_session')
})

test('a person whom the host knows erases everything, and begins again as the same person', async () => {
  await using app = await mount({ owner: () => 'ana' })
  const ana = app.client()
  app.upstream.replyOnce({ tokens: ['Um.'] })
  app.upstream.replyOnce({ tokens: ['Dois.'] })
  await using first = await ana.send({ content: 'Oi' })
  await first.end()
  expect((await ana.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect((await ana.get('/api/chat/conversations')).body.conversations).toEqual([])
  await using second = await ana.send({ content: 'De novo' })
  await second.end()
  expect((await ana.get('/api/chat/conversations')).body.conversations).toHaveLength(1)
})

test('server code sends a message, and its stream has the bytes of the wire', async () => {
  await using app = await mount({ owner: () => 'ana' })
  app.upstream.reply({ tokens: ['Olá, ', 'Ana.'] })
  const { conversation } = await app.riacho.conversations.create({ owner: 'ana', title: 'Saudação' })
  const { runId, stream } = await app.riacho.send({
    owner: 'ana',
    conversationId: conversation.id,
    content: 'Oi',
  })
  const text = await new Response(stream).text()
  expect(text).toContain('event: run-start')
  expect(text).toContain('Olá, ')
  expect(text).toContain('event: run-end')
  await using late = await app.client().follow(runId)
  await late.end()
  expect(late.text).toBe('Olá, Ana.')
  const { messages } = await app.riacho.conversations.read({ owner: 'ana', id: conversation.id })
  expect(messages.map(({ role }) => role)).toEqual(['USER', 'ASSISTANT'])
  await expect(app.riacho.conversations.read({ owner: 'bia', id: conversation.id })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('server code that cancels its stream leaves the run going, and Stop ends it', async () => {
  await using app = await mount({ owner: () => 'ana' })
  const gate = app.upstream.hold({ tokens: ['Um', 'Dois'] })
  const { runId, stream } = await app.riacho.send({ owner: 'ana', content: 'Conte' })
  await gate.next()
  await stream.cancel()
  await using live = await app.client().follow(runId)
  await live.untilText('Um')
  await app.riacho.stop({ owner: 'ana', runId })
  expect((await live.end()).status).toBe('stopped')
  expect(live.text).toBe('Um')
})

test('a reader that leaves is gone at once, and the run goes on', async () => {
  await using app = await mount({ owner: () => 'ana' })
  const gate = app.upstream.hold({ tokens: ['Um', 'Dois'] })
  const client = app.client()
  const live = await client.send({ content: 'Conte' })
  await gate.next()
  await live.untilText('Um')
  expect(await readersOf(client)).toBe(1)
  await live.cut()
  await expect.poll(() => readersOf(client)).toBe(0)
  gate.open()
  await using late = await client.follow(live.start.runId)
  await late.end()
  expect(late.text).toBe('UmDois')
})

test('a reader that reads late gets every token once', async () => {
  await using app = await mount({ owner: () => 'ana' })
  const tokens = Array.from({ length: 40 }, (_, index) => `${index} palavra `.repeat(4000))
  app.upstream.reply({ tokens })
  const { runId, stream } = await app.riacho.send({ owner: 'ana', content: 'Conte' })
  await using other = await app.client().follow(runId)
  await other.end()
  const reader = createRecordingReader()
  reader.write(await new Response(stream).text())
  expect(textOf(reader.parts) === tokens.join('')).toBe(true)
  expect(reader.events.at(-1)?.event.type).toBe('run-end')
})

test('two instances of one process share the database, and other options open it anew', async () => {
  await using app = await mount({ owner: () => 'ana' })
  await app.riacho.open()
  const twin = createRiacho({ ...app.options, owner: () => 'bia' })
  const { conversation } = await twin.conversations.create({ owner: 'bia' })
  expect((await app.riacho.conversations.read({ owner: 'bia', id: conversation.id })).messages).toEqual([])
  const changed = createRiacho({ ...app.options, settings: { TITLES: 'words', MAX_ATTEMPTS: '1' } })
  expect((await changed.conversations.list({ owner: 'bia' })).conversations).toHaveLength(1)
  expect((await app.riacho.conversations.list({ owner: 'bia' })).conversations).toHaveLength(1)
})

test.skipIf(onPostgres)(
  'while another process has the database, requests are told so, and are answered once it is free',
  async () => {
    await using folder = await temporaryFolder()
    const lines: string[] = []
    const logger = pino({ level: 'error' }, { write: line => void lines.push(line) })
    const database = `file:${join(folder.path, 'riacho.db')}`
    const other = await startServer({ folder })
    const riacho = createRiacho({ database, logger })
    const ask = () => riacho.handler(new Request('http://localhost/api/chat/conversations'))
    const refused = await ask()
    expect([refused.status, (await refused.json()).code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
    expect(refused.headers.get('x-content-type-options')).toBe('nosniff')
    expect(lines.join('')).toContain('Another process is using the database')
    await other[Symbol.asyncDispose]()
    expect((await ask()).status).toBe(200)
    await riacho.close()
  },
)

test('wrong options are named together, by the settings that they stand for', async () => {
  const riacho = createRiacho({
    database: 'mysql://nowhere',
    openai: { apiKey: 'key', baseUrl: 'nowhere' },
    logger: silentLogger,
  })
  await expect(riacho.open()).rejects.toThrow(/DATABASE_URL[\s\S]*OPENAI_BASE_URL/)
})

test('assistants are written in code, and their faults are named', async () => {
  await using folder = await temporaryFolder()
  const database = `file:${join(folder.path, 'riacho.db')}`
  const wrong = createRiacho({
    database,
    assistants: [{ id: 'A b', name: 'A', instructions: '' }],
    logger: silentLogger,
  })
  await expect(wrong.open()).rejects.toThrow(/assistants\.0\.id[\s\S]*assistants\.0\.instructions/)
  await using app = await mount({
    assistants: [{ id: 'ana', name: { en: 'Ann' }, instructions: 'Be kind.' }],
  })
  const { body } = await app.client().get('/api/chat/assistants')
  expect(body.assistants).toMatchObject([{ id: 'ana', name: 'Ann' }])
})

test('below another path, and with HEAD and unknown methods, the handler answers as the server does', async () => {
  await using app = await mount({ basePath: '/app' })
  const ask = (method: string, path: string) =>
    app.riacho.handler(new Request(`http://localhost${path}`, { method }))
  expect((await ask('GET', '/app/api/chat/assistants')).status).toBe(200)
  const head = await ask('HEAD', '/app/api/chat/assistants')
  expect([head.status, await head.text()]).toEqual([200, ''])
  const refused = await ask('GET', '/app/api/chat/send')
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST'])
  expect((await ask('GET', '/app/api/chat/nothing')).status).toBe(404)
})

test('the mounted handler counts the messages of each person', async () => {
  await using app = await mount({ owner: ownerOf, settings: { TITLES: 'words', RATE_LIMIT_PER_MINUTE: '2' } })
  app.upstream.reply({ tokens: ['Olá.'] })
  const send = async (user: string) => {
    const stream = await app.client().send({ content: 'Oi' }, { 'x-user': user })
    await stream.closed
    return stream.status
  }
  expect([await send('ana'), await send('ana'), await send('ana')]).toEqual([200, 200, 429])
  expect(await send('bia')).toBe(200)
})

test('limits hold for the people of an app, whether they or server code ask', async () => {
  await using app = await mount({
    owner: ownerOf,
    settings: { TITLES: 'words', LIMIT_MESSAGES_PER_DAY: '2' },
  })
  app.upstream.reply({ tokens: ['Olá.'] })
  const { stream } = await app.riacho.send({ owner: 'ana', content: 'Oi' })
  await new Response(stream).text()
  const headers = { 'x-user': 'ana' }
  const second = await app.client().send({ content: 'Oi' }, headers)
  await second.closed
  const refused = await app.client().post('/api/chat/send', { content: 'Oi' }, headers)
  expect([refused.status, refused.body.code]).toEqual([429, 'LIMIT_REACHED'])
  await expect(app.riacho.send({ owner: 'ana', content: 'Oi' })).rejects.toMatchObject({
    code: 'LIMIT_REACHED',
  })
})

test('a setting that is none, or that has an option, is refused by name', async () => {
  const settings = { LOG_RETENTON_HOURS: '48', DATABASE_URL: 'file:./elsewhere.db' }
  const riacho = createRiacho({ settings, logger: silentLogger })
  await expect(riacho.open()).rejects.toThrow(
    /settings\.LOG_RETENTON_HOURS: not a setting[\s\S]*settings\.DATABASE_URL: expected the option database/,
  )
})

test('the headers of a stream from server code keep a proxy from holding it back', async () => {
  await using app = await mount({ owner: () => 'ana' })
  app.upstream.reply({ tokens: ['Oi'] })
  const { stream, headers } = await app.riacho.send({ owner: 'ana', content: 'Oi' })
  expect(headers.get('cache-control')).toBe('no-store, no-transform')
  await new Response(stream).text()
})
