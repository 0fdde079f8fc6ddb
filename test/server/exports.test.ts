import { strFromU8, unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { contentDisposition } from '../../src/server/http/contentDisposition.ts'
import { startServer } from '../harness/server.ts'
import { readBytes, uploadFile } from '../harness/upload.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'

test('the Markdown of a conversation has its current branch, in the language of the caller', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['**Boa** ', 'resposta'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using first = await client.send({ content: 'Pergunta um' })
  await first.end()
  const { conversationId } = first.start
  await using second = await client.send({ conversationId, parentId: null, content: 'Pergunta dois' })
  await second.end()
  const path = `${ROOT}/${conversationId}`
  await client.call('PATCH', path, { body: { title: 'Água & rio' } })
  const answer = await client.get(`${path}/export?format=markdown`, { 'accept-language': 'en' })
  expect(answer.headers).toMatchObject({
    'content-type': 'text/markdown; charset=utf-8',
    'content-disposition': `attachment; filename="Agua & rio.md"; filename*=UTF-8''%C3%81gua%20%26%20rio.md`,
  })
  expect(answer.text).toBe('# Água & rio\n\n## You\n\nPergunta dois\n\n## Riacho\n\n**Boa** resposta\n')
})

test('the JSON of a conversation has every message, with its feedback, and its shares', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  const path = `${ROOT}/${stream.start.conversationId}`
  await using other = await client.send({
    conversationId: stream.start.conversationId,
    parentId: null,
    content: 'Olá',
  })
  await other.end()
  await client.call('PUT', `/api/chat/messages/${stream.start.messageId}/feedback`, {
    body: { rating: 'up' },
  })
  const { share } = (await client.post(`${path}/shares`)).body
  const { conversation, messages } = (await client.get(path)).body
  const { headers, body } = await client.get(`${path}/export?format=json`)
  expect(headers['content-disposition']).toMatch(/^attachment; filename="Oi\.json"/)
  expect(body).toEqual({ conversation, messages, shares: [share] })
  expect(messages[1]?.feedback).toEqual({ rating: 'up', comment: '' })
  expect(messages.length).toBe(4)
})

test('an owner can export everything as one JSON file, without deleted conversations and other owners', async () => {
  await using upstream = await createUpstream()
  await using server = await startServer({ upstream })
  const client = server.client()
  expect((await client.get('/api/chat/export')).body).toEqual({
    exportedAt: expect.any(Number),
    conversations: [],
  })
  const expected: unknown[] = []
  for (const content of ['um', 'dois', 'três']) {
    await using stream = await client.send({ content })
    await stream.end()
    const path = `${ROOT}/${stream.start.conversationId}`
    if (content === 'dois') await client.call('DELETE', path)
    else expected.push((await client.get(`${path}/export?format=json`)).body)
  }
  await using foreign = await server.client().send({ content: 'alheia' })
  await foreign.end()
  const { headers, body } = await client.get('/api/chat/export')
  expect(headers['content-disposition']).toMatch(/^attachment; filename="riacho-\d{4}-\d\d-\d\d\.json"/)
  expect(body.conversations).toHaveLength(2)
  expect(body.conversations).toEqual(expect.arrayContaining(expected))
})

test.each([
  ['Rio.md', 'Rio.md', 'Rio.md'],
  ['../../etc/passwd.json', 'etc passwd.json', 'etc%20passwd.json'],
  ['a"b\r\nset-cookie: x.md', 'a b set-cookie x.md', 'a%20b%20set-cookie%20x.md'],
  ["100% d'água (1).md", "100_ d'agua (1).md", '100%25%20d%27%C3%A1gua%20%281%29.md'],
  ['🌊.md', '__.md', '%F0%9F%8C%8A.md'],
  ['\ud800.md', '_.md', '%EF%BF%BD.md'],
  ['...md', 'riacho.md', 'riacho.md'],
  [`${'x'.repeat(300)}.md`, `${'x'.repeat(80)}.md`, `${'x'.repeat(80)}.md`],
])('%j is a safe file name', (name, ascii, encoded) => {
  expect(contentDisposition(name)).toBe(`attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`)
})

test('the zip of a conversation has its Markdown, and the files that it links to, byte by byte', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['Li.'] })
  await using server = await startServer({ upstream })
  const client = server.client()
  const texts = ['# Um\n', '# Dois\n'].map(text => Buffer.from(text))
  const files = []
  for (const bytes of texts)
    files.push(await uploadFile(client, { name: 'Notas: ação.md', bytes, mediaType: 'text/markdown' }))
  const attachments = files.map(({ fileId }) => ({ fileId }))
  await using stream = await client.send({ content: 'Leia', attachments })
  await stream.end()
  const path = `${ROOT}/${stream.start.conversationId}/export?format=zip`
  const { headers, bytes } = await readBytes(client, path)
  expect(headers['content-type']).toBe('application/zip')
  const entries = unzipSync(bytes)
  expect(Object.keys(entries)).toEqual(['Leia.md', 'files/Notas ação.md', 'files/Notas ação (2).md'])
  expect(strFromU8(entries['Leia.md'] ?? new Uint8Array())).toContain(
    'Leia\n\n[Notas: ação.md](<files/Notas%20ação.md>)\n\n[Notas: ação.md](<files/Notas%20ação%20(2).md>)',
  )
  expect(Buffer.from(entries['files/Notas ação (2).md'] ?? []).equals(texts[1] ?? Buffer.alloc(0))).toBe(true)
  expect((await server.client().get(path)).status).toBe(404)
})
