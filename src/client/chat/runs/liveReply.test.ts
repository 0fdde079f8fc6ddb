import { expect, test } from 'vitest'
import { STARTED, say, serve, startChat } from '../../testing/startChat.ts'
import { createPageState, liveReplyOf } from './liveReply.ts'

test('the page changes when a reply begins and ends, and not with its words', async () => {
  const gate = Promise.withResolvers<void>()
  await using server = await serve({
    'POST /api/chat/send': async call => {
      const writer = call.stream().write(1, [STARTED])
      for (let seq = 2; seq <= 20; seq++) writer.write(seq, [{ type: 'text-delta', content: 'palavra ' }])
      await gate.promise
      writer.write(21, [{ type: 'run-end', status: 'completed' }]).end()
    },
  })
  const chat = startChat(server)
  const { client } = chat
  const getPage = createPageState(client.getState)
  say(chat, 'oi')
  await expect.poll(() => chat.current().run?.start?.runId).toBe('r1')
  const page = getPage()
  const words = liveReplyOf(client, chat.current().key)
  const read = () => {
    chat.browser.paint()
    return words.read()
  }
  await expect.poll(read).toEqual([{ id: '1', type: 'text', text: 'palavra '.repeat(19) }])
  expect(getPage()).toBe(page)
  client.setDraft('e')
  expect(getPage()).not.toBe(page)
  expect(getPage()).toBe(client.getState())
  gate.resolve()
  await expect.poll(read).toBeNull()
  expect(getPage().opened[0]?.run).toBeNull()
  chat.stop()
})
