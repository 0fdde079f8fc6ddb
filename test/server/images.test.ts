import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { startServer } from '../harness/server.ts'
import { uploadFile } from '../harness/upload.ts'
import { type Api, createUpstream } from '../upstream/upstream.ts'

const picture = (background: string) =>
  sharp({ create: { width: 60, height: 40, channels: 3, background } })
    .png()
    .toBuffer()

const DATA_URL = /data:image\/(png|jpeg);base64,[\w+/]+=*/g

describe.each<Api>(['responses', 'chat'])('with %s', api => {
  test('the model sees the pictures of a message, also in later requests', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream, settings: { OPENAI_API: api, TITLES: 'words' } })
    const client = server.client()
    const { fileId } = await uploadFile(client, { name: 'rio.png', bytes: await picture('red') })
    await using stream = await client.send({ content: 'O que é isto?', attachments: [{ fileId }] })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const { body } = await upstream.request(0)
    const [message] = (body.input ?? body.messages ?? []).slice(-1) as { content: { type: string }[] }[]
    const types = api === 'responses' ? ['input_text', 'input_image'] : ['text', 'image_url']
    expect(message?.content.map(({ type }) => type)).toEqual(types)
    const [url = ''] = JSON.stringify(message).match(DATA_URL) ?? []
    const { width, height } = await sharp(Buffer.from(url.split(',')[1] ?? '', 'base64')).metadata()
    expect([width, height]).toEqual([60, 40])

    const { conversationId } = stream.start
    await using next = await client.send({ content: 'E agora?', conversationId })
    await next.end()
    expect(JSON.stringify((await upstream.request(1)).body).match(DATA_URL)).toEqual([url])
  })

  test('a model that takes no pictures gets their names, and is not shown them again', async () => {
    await using upstream = await createUpstream()
    upstream.replyOnce({
      status: 400,
      body: { error: { message: 'This model does not support image input.', type: 'invalid_request_error' } },
    })
    await using server = await startServer({ upstream, settings: { OPENAI_API: api, TITLES: 'words' } })
    const client = server.client()
    const { fileId } = await uploadFile(client, { name: 'rio.png', bytes: await picture('blue') })
    await using stream = await client.send({ content: 'O que é isto?', attachments: [{ fileId }] })
    expect(await stream.end()).toMatchObject({ status: 'completed' })
    const asked = upstream.requests.map(({ body }) => JSON.stringify(body))
    expect(asked.map(text => (text.match(DATA_URL) ?? []).length)).toEqual([1, 0])
    expect(asked[1]).toContain('[rio.png]')
    await using next = await client.send({
      content: 'E agora?',
      conversationId: stream.start.conversationId,
    })
    await next.end()
    expect(upstream.requests).toHaveLength(3)
  })

  test('of many pictures the newest ten go along', async () => {
    await using upstream = await createUpstream()
    await using server = await startServer({ upstream, settings: { OPENAI_API: api, TITLES: 'words' } })
    const client = server.client()
    let conversationId: string | undefined
    for (let sent = 0; sent < 2; sent++) {
      const attachments: { fileId: string }[] = []
      for (let count = 0; count < 6; count++) {
        const bytes = await picture(`rgb(${sent * 90}, ${count * 40}, 7)`)
        attachments.push({
          fileId: (await uploadFile(client, { name: `${sent}-${count}.png`, bytes })).fileId,
        })
      }
      await using stream = await client.send({
        content: 'Veja',
        attachments,
        ...(conversationId && { conversationId }),
      })
      await stream.end()
      conversationId = stream.start.conversationId
    }
    const [, second] = upstream.requests
    expect(JSON.stringify(second?.body).match(DATA_URL)).toHaveLength(10)
  })
})
