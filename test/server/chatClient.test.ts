import { expect, test } from 'vitest'
import { type ChatClientOptions, createChatClient } from '../../src/browser/createChatClient.ts'
import { textOf } from '../../src/protocol/parts.ts'
import { mountForTokens, tokenOf } from '../harness/mountedApp.ts'

/** A started client of a program without a page. */
function startClient(options: ChatClientOptions) {
  const client = createChatClient(options)
  const stop = client.start()
  return {
    client,
    snapshot: client.getSnapshot,
    texts: () => client.getSnapshot().messages.map(({ parts }) => textOf(parts)),
    [Symbol.dispose]: stop,
  }
}

test('without a page a program sends, reads a reply as it grows, and stops it', async () => {
  await using app = await mountForTokens()
  const options = { baseUrl: `${app.url}/`, token: tokenOf('ana') }
  using chat = startClient(options)
  const gate = app.upstream.hold({ tokens: ['Um', ' dois', ' três'] })
  chat.client.send('Conte')
  await gate.next(2)
  await expect.poll(() => textOf(chat.snapshot().reply?.parts ?? [])).toBe('Um dois')
  const { conversationId } = chat.snapshot()
  using other = startClient({ ...options, conversationId })
  await expect.poll(() => textOf(other.snapshot().reply?.parts ?? [])).toBe('Um dois')
  other.client.stop()
  await expect.poll(() => chat.snapshot().reply).toBeNull()
  await expect.poll(chat.texts).toEqual(['Conte', 'Um dois'])
  expect(chat.snapshot().conversations.map(({ id }) => id)).toEqual([conversationId])
  gate.open()
})

test('a reply is asked for again, and goes on from where one stopped', async () => {
  await using app = await mountForTokens()
  using chat = startClient({ baseUrl: app.url, token: tokenOf('ana') })
  app.upstream.reply({ tokens: ['primeira'] })
  chat.client.send('Oi')
  await expect.poll(chat.texts).toEqual(['Oi', 'primeira'])
  app.upstream.reply({ tokens: ['segunda'] })
  chat.client.retry(chat.snapshot().messages[0]?.id ?? '')
  await expect.poll(chat.texts).toEqual(['Oi', 'segunda'])
})

test('a token of somebody else ends what the client showed', async () => {
  await using app = await mountForTokens()
  let user: string | null = 'ana'
  using chat = startClient({ baseUrl: app.url, token: async () => user && tokenOf(user) })
  app.upstream.reply({ tokens: ['Olá, Ana.'] })
  chat.client.send('Oi')
  await expect.poll(chat.texts).toEqual(['Oi', 'Olá, Ana.'])
  chat.client.setDraft('só da Ana')
  user = 'bia'
  chat.client.refresh()
  await expect.poll(chat.texts).toEqual([])
  expect(chat.snapshot()).toMatchObject({ draft: '', conversations: [], conversationId: null })
  user = null
  chat.client.send('de ninguém')
  await expect.poll(() => chat.snapshot().conversations).toEqual([])
})
