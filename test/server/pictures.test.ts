import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { strFromU8, unzipSync } from 'fflate'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Part } from '../../src/protocol/parts.ts'
import { startWithAssistant } from '../harness/assistantFolder.ts'
import { partsOfFrames, type TestClient } from '../harness/client.ts'
import type { TestServer } from '../harness/server.ts'
import { readBytes } from '../harness/upload.ts'
import { chatDrawingOf, drawingOf } from '../upstream/pictures.ts'

const draw = (background: string, { width = 96, height = 64 } = {}) =>
  sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer()

/** A picture that no compression makes small. */
const noise = (side: number) =>
  sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer()

const blobs = ({ settings }: TestServer) => {
  const folder = settings['FILES_DIR'] ?? ''
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(each => each.isFile())
}

const pictures = (parts: readonly Part[]) => parts.filter(part => part.type === 'image')
const DATA_URL = /data:image\/(png|jpeg);base64,[\w+/]+=*/g

async function storedParts(client: TestClient, conversationId: string): Promise<Part[]> {
  const { body } = await client.get(`/api/chat/conversations/${conversationId}`)
  return body.messages.at(-1)?.parts ?? []
}

describe('a picture that the model makes', () => {
  test('has its place before the text, comes with previews, and stays as long as its message', async () => {
    await using world = await startWithAssistant('pictures: true')
    const { upstream, client, server } = world
    const recording = drawingOf([
      {
        previews: [await draw('#200'), await draw('#900')],
        bytes: await draw('#f00'),
        prompt: 'A red rectangle',
      },
    ])
    const gate = upstream.hold({ recording })
    await using stream = await client.send({ content: 'Desenhe' })
    expect((await upstream.request(0)).body).toMatchObject({
      tools: [{ type: 'image_generation', output_format: 'jpeg', partial_images: 2 }],
    })
    for (let step = 0; step < 3; step++) await gate.next()
    const { event } = await stream.until(({ event }) => event.type === 'file-update')
    if (event.type !== 'file-update') return expect.unreachable()
    expect(event).toMatchObject({ version: 1, width: 96, height: 64, name: 'imagem-1.jpg' })
    const preview = await client.get(`/api/chat/files/${event.fileId}?v=1`)
    expect([preview.status, preview.headers['content-type']]).toEqual([200, 'image/jpeg'])
    gate.open()
    expect(await stream.end()).toMatchObject({ status: 'completed' })

    const parts = partsOfFrames(stream.frames)
    expect(parts).toMatchObject([
      { type: 'image', fileId: event.fileId, name: 'imagem-1.jpg', mediaType: 'image/jpeg', width: 96 },
      { type: 'text', text: 'Aqui está.' },
    ])
    expect(parts[0]).toMatchObject({ description: 'A red rectangle', height: 64 })
    expect(parts[0]).not.toHaveProperty('status')
    const { conversationId, runId } = stream.start
    expect(await storedParts(client, conversationId)).toEqual(parts)
    for (let after = 0; after < stream.lastSeq; after++) {
      await using late = await client.follow(runId, after)
      await late.end()
      const seen = stream.frames.filter(({ seq }) => seq <= after)
      expect(partsOfFrames([...seen, ...late.frames])).toEqual(parts)
    }
    // The last bytes alone are left, and none of them is in the log.
    await expect.poll(() => blobs(server).length).toBe(1)
    expect(stream.raw.length).toBeLessThan(4000)
    const { pixel } = await colourOf(client, event.fileId)
    expect(pixel).toBe('red')

    expect((await server.client().get(`/api/chat/files/${event.fileId}`)).status).toBe(404)
    const { body: shared } = await client.post(`/api/chat/conversations/${conversationId}/shares`, {})
    const inShare = `/api/chat/shared/${shared.share.id}/files/${event.fileId}`
    expect((await server.client().get(inShare)).status).toBe(200)
    const markdown = await client.get(`/api/chat/conversations/${conversationId}/export?format=markdown`)
    expect(markdown.text).toContain('imagem-1.jpg')
    const zip = await readBytes(client, `/api/chat/conversations/${conversationId}/export?format=zip`)
    const entries = unzipSync(zip.bytes)
    expect(Object.keys(entries)).toEqual(['Desenhe.md', 'files/imagem-1.jpg'])
    expect(strFromU8(entries['Desenhe.md'] ?? new Uint8Array())).toContain(
      '![A red rectangle](<files/imagem-1.jpg>)',
    )
    const found = await client.get('/api/chat/search?query=imagem')
    expect(found.body.hits).toHaveLength(1)

    const { messageId } = stream.start
    const fork = await client.post(`/api/chat/conversations/${conversationId}/fork`, { messageId })
    await client.call('DELETE', `/api/chat/conversations/${conversationId}`)
    expect((await client.get(`/api/chat/files/${event.fileId}`)).status).toBe(200)
    expect(pictures(fork.body.messages.at(-1)?.parts ?? [])).toMatchObject([{ fileId: event.fileId }])
    expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
    await expect.poll(() => blobs(server)).toEqual([])
  })

  test('goes along with the next question', async () => {
    await using world = await startWithAssistant('pictures: true')
    const { upstream, client } = world
    upstream.replyOnce({ recording: drawingOf([{ bytes: await draw('#0f0') }]) })
    await using stream = await client.send({ content: 'Desenhe' })
    await stream.end()
    const { conversationId } = stream.start
    await using next = await client.send({ content: 'Agora em azul', conversationId })
    await next.end()
    const { body } = await upstream.request(1)
    const last = (body.input ?? []).at(-1)
    expect(JSON.stringify(last).match(DATA_URL)).toHaveLength(1)
    expect(last).toMatchObject({ role: 'user' })
  })

  test('may be larger than anything else that a provider sends', async () => {
    await using world = await startWithAssistant('pictures: true')
    const { upstream, client } = world
    const bytes = await noise(1800)
    expect(bytes.length).toBeGreaterThan(6.5 * 1024 * 1024)
    upstream.reply({ recording: drawingOf([{ bytes }]) })
    await using stream = await client.send({ content: 'Desenhe' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    expect(pictures(partsOfFrames(stream.frames))).toMatchObject([{ width: 1800, version: 1 }])
  })

  test('that nobody asked for is left out', async () => {
    await using world = await startWithAssistant('pictures: false')
    const { upstream, client } = world
    upstream.reply({ recording: drawingOf([{ bytes: await draw('#0f0') }]) })
    await using stream = await client.send({ content: 'Oi' })
    await stream.end()
    expect(partsOfFrames(stream.frames)).toMatchObject([{ type: 'text' }])
    expect((await upstream.request(0)).body).not.toHaveProperty('tools')
  })
})

describe('where a picture cannot be stored', () => {
  test.each([
    ['the owner has no room', 'QUOTA_EXCEEDED', () => noise(1400), { LIMIT_FILES_MB: '1' }],
    ['it is no picture', 'FILE_UNSUPPORTED', async () => Buffer.from('no picture'), {}],
  ] as const)('because %s, the reply goes on and says so', async (_, code, bytesOf, settings) => {
    await using world = await startWithAssistant('pictures: true', { settings })
    const { upstream, client, server } = world
    upstream.reply({ recording: drawingOf([{ bytes: await bytesOf(), prompt: 'x' }]) })
    await using stream = await client.send({ content: 'Desenhe' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const parts = partsOfFrames(stream.frames)
    expect(parts).toMatchObject([{ type: 'image', status: 'failed', code, version: 0 }, { type: 'text' }])
    expect(await storedParts(client, stream.start.conversationId)).toEqual(parts)
    await expect.poll(() => blobs(server)).toEqual([])
    const path = `/api/chat/conversations/${stream.start.conversationId}/export?format=zip`
    expect(Object.keys(unzipSync((await readBytes(client, path)).bytes))).toEqual(['Desenhe.md'])
  })
})

test('a reply that is stopped keeps the preview that was shown, and says that it is one', async () => {
  await using world = await startWithAssistant('pictures: true')
  const { upstream, client, server } = world
  const gate = upstream.hold({ recording: drawingOf([{ previews: [await draw('#00f')] }]) })
  await using stream = await client.send({ content: 'Desenhe' })
  for (let step = 0; step < 3; step++) await gate.next()
  await stream.until(({ event }) => event.type === 'file-update')
  await client.post(`/api/chat/runs/${stream.start.runId}/stop`, {})
  expect(await stream.end()).toMatchObject({ status: 'stopped' })
  gate.open()
  const [picture] = pictures(await storedParts(client, stream.start.conversationId))
  expect(picture).toMatchObject({ status: 'unfinished', version: 1 })
  expect(server.rows('select file_id from message_files')).toEqual([{ file_id: picture?.fileId }])
  expect((await colourOf(client, picture?.fileId ?? '')).pixel).toBe('blue')
})

test('a server that makes no pictures answers without', async () => {
  await using world = await startWithAssistant('pictures: true\nsearch: true')
  const { upstream, client } = world
  upstream.replyOnce({ status: 400, body: { error: { message: "Unsupported tool: 'image_generation'." } } })
  await using stream = await client.send({ content: 'Oi' })
  expect(await stream.end()).toMatchObject({ status: 'completed' })
  expect(upstream.requests.map(({ body }) => JSON.stringify(body['tools']))).toEqual([
    expect.stringContaining('image_generation'),
    '[{"type":"web_search"}]',
  ])
})

describe('over Chat Completions', () => {
  const settings = { OPENAI_API: 'chat' }

  test('each picture has its place before the text, once, and goes along with the next question', async () => {
    await using world = await startWithAssistant('pictures: true', { settings })
    const { upstream, client } = world
    upstream.replyOnce({ recording: chatDrawingOf([await draw('#f00'), await draw('#00f')]) })
    await using stream = await client.send({ content: 'Desenhe' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const parts = partsOfFrames(stream.frames)
    expect(parts).toMatchObject([
      { type: 'image', name: 'imagem-1.jpg', width: 96, height: 64, version: 1 },
      { type: 'image', name: 'imagem-2.jpg', version: 1 },
      { type: 'text', text: 'Aqui está.' },
    ])
    expect((await upstream.request(0)).body['modalities']).toEqual(['image', 'text'])
    const { conversationId } = stream.start
    expect(await storedParts(client, conversationId)).toEqual(parts)
    const colours = pictures(parts).map(async ({ fileId }) => (await colourOf(client, fileId)).pixel)
    expect(await Promise.all(colours)).toEqual(['red', 'blue'])
    await using next = await client.send({ content: 'Agora em azul', conversationId })
    await next.end()
    expect(JSON.stringify((await upstream.request(1)).body).match(DATA_URL)).toHaveLength(2)
  })

  test('a picture comes too from a server that does not stream, and nothing is fetched from an address', async () => {
    await using world = await startWithAssistant('pictures: true', { settings })
    const { upstream, client } = world
    const url = `data:image/png;base64,${(await draw('#0f0')).toString('base64')}`
    const images = [url, `${upstream.url}/a.png`].map(each => ({
      type: 'image_url',
      image_url: { url: each },
    }))
    const message = { role: 'assistant', content: 'Aqui está.', images }
    upstream.reply({ status: 200, body: { choices: [{ index: 0, message, finish_reason: 'stop' }] } })
    await using stream = await client.send({ content: 'Desenhe' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const parts = partsOfFrames(stream.frames)
    expect(parts.map(({ type }) => type).toSorted()).toEqual(['image', 'text'])
    expect((await colourOf(client, pictures(parts)[0]?.fileId ?? '')).pixel).toBe('green')
    expect(upstream.requests).toHaveLength(1)
  })

  test.each([
    [404, { message: 'No endpoints found that support the requested output modalities: image, text' }],
    [400, { message: "Invalid value: 'image'.", param: 'modalities[0]' }],
  ])('a model that makes none answers without: %i %j', async (status, error) => {
    await using world = await startWithAssistant('pictures: true', { settings: { OPENAI_API: 'auto' } })
    const { upstream, client } = world
    upstream.replyOnce({ status: 404, body: { error: { message: 'Not Found' } } })
    upstream.replyOnce({ status, body: { error } })
    await using stream = await client.send({ content: 'Oi' })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    expect(upstream.requests.map(({ path, body }) => [path, 'modalities' in body])).toEqual([
      ['/v1/responses', false],
      ['/v1/chat/completions', true],
      ['/v1/chat/completions', false],
    ])
  })
})

async function colourOf(client: TestClient, fileId: string) {
  const { bytes } = await readBytes(client, `/api/chat/files/${fileId}`)
  const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  const [red = 0, green = 0, blue = 0] = data
  const pixel = red > 200 ? 'red' : blue > 200 ? 'blue' : green > 200 ? 'green' : 'dark'
  return { pixel }
}
