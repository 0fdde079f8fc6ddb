import { expect, test } from 'vitest'
import { longConversation } from '../harness/longConversation.ts'
import { account } from '../harness/person.ts'
import { startProcess } from '../harness/server.ts'
import { onPostgres } from '../harness/testDatabase.ts'

const ANA = 'ana@example.com'

test.skipIf(onPostgres)(
  'what a visitor has comes to the account whole, also if the process is killed meanwhile',
  async () => {
    await using long = await longConversation()
    const { folder, id, ids } = long
    const path = `/api/chat/conversations/${id}`
    {
      await using server = await startProcess({ folder })
      expect((await account.signUp(server.client(), { email: ANA })).status).toBe(201)
      const visitor = server.client()
      visitor.cookie = long.cookie
      expect((await account.signIn(visitor, ANA)).status).toBe(200)
      await server.kill('SIGKILL')
      expect(server.rows('select from_owner_id from owner_moves')).toHaveLength(1)
    }
    await using server = await startProcess({ folder })
    const client = server.client()
    await account.signIn(client, ANA)
    await expect.poll(async () => (await client.get(path)).status, { timeout: 20_000 }).toBe(200)
    const { body } = await client.get(path)
    expect(body.messages.map(message => message.id)).toEqual(ids)
    await expect.poll(() => server.rows('select * from owner_moves')).toEqual([])
    // The visitor has an empty conversation too.
    const [stored] = server.rows(
      'select count(distinct owner_id) as owners, sum(octet_length(parts)) + 1000 * (count(*) + 2) as bytes from messages',
    )
    expect(stored?.['owners']).toBe(1)
    expect(server.rows('select bytes from owner_storage')).toEqual([{ bytes: stored?.['bytes'] }])
    expect((await client.get('/api/chat/search?query=pedra')).body.hits.length).toBeGreaterThan(0)
  },
  // Two processes start, and 8 MB move.
  90_000,
)
