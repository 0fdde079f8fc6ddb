import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'

const SECRET = 'jabuticaba'

test('the model gets the instructions of an assistant, and no answer to a reader has them', async () => {
  await using folder = await temporaryFolder()
  const assistants = join(folder.path, 'assistants')
  await mkdir(assistants)
  await writeFile(join(assistants, 'ana.md'), `---\nname: Ana\n---\nNever say ${SECRET}.\n`)
  await using upstream = await createUpstream()
  const settings = { ASSISTANTS_DIR: assistants, TITLES: 'words' }
  await using server = await startServer({ upstream, folder, settings })
  const client = server.client()
  await using stream = await client.send({ content: 'Oi' })
  await stream.end()
  expect(JSON.stringify(upstream.requests.map(({ body }) => body))).toContain(SECRET)

  const { conversationId, runId } = stream.start
  const { body } = await client.post(`/api/chat/conversations/${conversationId}/shares`, {})
  const paths = [
    '/api/chat/assistants',
    '/api/chat/conversations',
    `/api/chat/conversations/${conversationId}`,
    `/api/chat/conversations/${conversationId}/export?format=json`,
    `/api/chat/conversations/${conversationId}/export?format=markdown`,
    `/api/chat/shared/${body.share.id}`,
    `/api/chat/runs/${runId}/events`,
    '/api/chat/export',
    '/api/openapi.json',
    '/metrics',
  ]
  for (const path of paths) {
    const answer = await client.get(path)
    expect([path, answer.status, answer.text.includes(SECRET)]).toEqual([path, 200, false])
  }
})
