import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { foldEvent } from '../../src/protocol/events.ts'
import type { Part } from '../../src/protocol/parts.ts'
import type { TestClient, TestStream } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const ROOT = '/api/chat/conversations'
const NOTES = { name: 'notas.txt', text: 'três ações' }

/** Turns the database into one from the time when parts had no ids, and shares held a copy: `shared`. */
function removePartIds(file: string, shared: unknown): void {
  const database = new DatabaseSync(file)
  database.prepare('update shares set conversation = ?').run(JSON.stringify(shared))
  const columns = [
    ['messages', 'parts'],
    ['segments', 'frames'],
    ['shares', 'conversation'],
  ] as const
  for (const [table, column] of columns) {
    const update = database.prepare(`update ${table} set ${column} = ? where rowid = ?`)
    let removed = 0
    for (const row of database.prepare(`select rowid as id, ${column} as json from ${table}`).all()) {
      const json = String(row['json'])
      const before = json.replace(/"id":"\d+","type"/g, '"type"')
      if (before !== json) removed += Number(update.run(before, Number(row['id'])).changes)
    }
    expect(removed, table).toBeGreaterThan(0)
  }
  database.close()
}

/** What an owner, and a reader of the share, get. */
async function readAll(client: TestClient, ids: { conversationId: string; shareId: string }) {
  const path = `${ROOT}/${ids.conversationId}`
  const { body } = await client.get(path)
  const { body: shared } = await client.get(`/api/chat/shared/${ids.shareId}`)
  const { body: exported } = await client.get(`${path}/export?format=json`)
  const { text: markdown } = await client.get(`${path}/export?format=markdown`)
  const { body: found } = await client.get('/api/chat/search?query=acoes')
  return { messages: body.messages, shared, exported, markdown, found: found.hits }
}

function foldOf({ frames }: TestStream): Part[] {
  const parts: Part[] = []
  for (const { event } of frames) foldEvent(parts, event)
  return parts
}

test('a database from before parts had ids reads, shares, exports, replays and continues as a new one', async () => {
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  let cookie: string | undefined
  let ids = { conversationId: '', shareId: '', userMessageId: '', messageId: '', runId: '' }
  let before: Awaited<ReturnType<typeof readAll>>
  let file = ''
  {
    upstream.replyOnce({ tokens: ['um', ' dois'], ending: 'eof' })
    upstream.replyOnce({ tokens: [' três'], ending: 'eof' })
    await using server = await startServer({ upstream, folder })
    const client = server.client()
    await using broken = await client.send({ content: 'Conte', attachments: [NOTES] })
    await broken.end()
    const { userMessageId, conversationId } = broken.start
    await using rest = await client.retry({ userMessageId, continueMessageId: broken.start.messageId })
    await rest.end()
    const { messageId, runId } = rest.start
    const { body } = await client.post(`${ROOT}/${conversationId}/shares`)
    ids = { conversationId, shareId: body.share.id, userMessageId, messageId, runId }
    before = await readAll(client, ids)
    ;({ cookie } = client)
    file = server.databaseFile
  }
  removePartIds(file, before.shared)

  upstream.replyOnce({ tokens: [' quatro'] })
  await using server = await startServer({ upstream, folder })
  const client = server.client()
  client.cookie = cookie
  expect(await readAll(client, ids)).toEqual(before)
  expect(before.found).toHaveLength(1)

  const { userMessageId, messageId, conversationId, runId } = ids
  await using replayed = await client.follow(runId)
  await replayed.end()
  expect(replayed.raw).not.toMatch(/"id":"/)
  expect(foldOf(replayed)).toEqual(before.messages[2]?.parts)
  const { body } = await client.post(`${ROOT}/${conversationId}/shares`)
  const { body: shared } = await client.get(`/api/chat/shared/${body.share.id}`)
  expect(shared.messages).toEqual(before.shared.messages)

  await using rest = await client.retry({ userMessageId, continueMessageId: messageId })
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  const stopped = { type: 'break', status: 'failed', code: 'UPSTREAM_TRUNCATED' }
  const whole = [
    { id: '1', type: 'text', text: 'um dois' },
    { id: '2', ...stopped },
    { id: '3', type: 'text', text: ' três' },
    { id: '4', ...stopped },
    { id: '5', type: 'text', text: ' quatro' },
  ]
  const { body: after } = await client.get(`${ROOT}/${conversationId}`)
  expect(after.messages[3]?.parts).toEqual(whole)
  expect(foldOf(rest)).toEqual(whole)
  const asked = (await upstream.request(2)).body.input as { role: string; content: string }[]
  expect(asked[0]).toEqual({ role: 'user', content: 'Conte\n\n```notas.txt\ntrês ações\n```' })
  expect(asked[1]).toEqual({ role: 'assistant', content: 'um dois três' })
})
