import { expect, test } from 'vitest'
import {
  COMPLETED,
  conversation,
  OLA,
  STARTED,
  type StartedChat,
  serve,
  startChat,
} from '../../testing/startChat.ts'

const FILE = { name: 'nota.txt', text: 'um' }

/** A server that says, as the title of a conversation, how often it has been read. */
function serveCounted() {
  let reads = 0
  return serve({
    'GET /api/chat/conversations/c1': call => call.json(200, conversation('c1', { title: `${++reads}` })),
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
  })
}

const titleOf = ({ current }: StartedChat) => current().conversation?.title

test('a tab that only looks on leaves what another one keeps of a draft', async () => {
  await using server = await serveCounted()
  using here = startChat(server, { path: 'c1' })
  using there = startChat(server, { path: 'c1', beside: here.browser })
  await expect.poll(() => [here, there].map(chat => chat.current().status)).toEqual(['ready', 'ready'])
  here.client.setDraft('um texto longo')
  here.client.setAttachments([FILE])
  there.browser.wake()
  await expect.poll(() => titleOf(there)).toBe('3')
  using again = startChat(server, { path: 'c1', after: here.browser })
  expect(again.current()).toMatchObject({ draft: 'um texto longo', attachments: [FILE] })
})

test('what was sent from one tab is not offered again because another one still shows it', async () => {
  await using server = await serveCounted()
  using here = startChat(server, { path: 'c1' })
  here.client.setDraft('oi')
  using there = startChat(server, { path: 'c1', beside: here.browser })
  await expect.poll(() => there.current()).toMatchObject({ status: 'ready', draft: 'oi' })
  here.client.send()
  await expect.poll(here.texts).toEqual(['oi', 'Olá'])
  there.browser.hint('c1')
  await expect.poll(() => titleOf(there)).toBe('3')
  expect(here.browser.localStorage.keys('riacho.draft.')).toEqual([])
})

test('a starter leaves the draft that another tab keeps for a new conversation', async () => {
  await using server = await serveCounted()
  using here = startChat(server)
  using there = startChat(server, { beside: here.browser })
  here.client.setDraft('um texto longo')
  there.client.send('Conte sobre o rio')
  await expect.poll(there.texts).toEqual(['Conte sobre o rio', 'Olá'])
  expect(here.browser.localStorage.read('riacho.draft.new')).toBe('um texto longo')
})

test('who is to answer a new conversation is kept with its draft, until it is sent', async () => {
  const assistants = ['guide', 'writer'].map(id => ({ id, name: id, greeting: null, starters: [] }))
  let offered = assistants
  await using server = await serve({
    'GET /api/chat/assistants': call => call.json(200, { assistants: offered, sharing: 'anyone' }),
    'POST /api/chat/send': call => call.stream().write(1, [STARTED, OLA, COMPLETED]).end(),
  })
  using chat = startChat(server)
  chat.client.chooseAssistant('writer')
  chat.client.setDraft('um texto longo')
  chat.client.open('c2')
  chat.client.open(null)
  expect(chat.current()).toMatchObject({ assistant: 'writer', draft: 'um texto longo' })
  using again = startChat(server, { after: chat.browser })
  expect(again.current().assistant).toBe('writer')
  offered = assistants.slice(0, 1)
  await again.client.readAssistants()
  expect(again.current().assistant).toBeNull()
  chat.client.send()
  await expect.poll(chat.texts).toEqual(['um texto longo', 'Olá'])
  chat.client.open(null)
  expect(chat.current().assistant).toBeNull()
})
