import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { createToken, hashOf } from '../../src/server/access/sessionToken.ts'
import { TestClient } from '../harness/client.ts'
import type { TestServer } from '../harness/server.ts'

/** Another browser of the owner who began last. Its session is as real as that of the page. */
export function otherDevice({ url, databaseFile }: TestServer, device: string): TestClient {
  const token = createToken()
  const database = new DatabaseSync(databaseFile)
  try {
    database
      .prepare(
        `insert into sessions (token_hash, id, owner_id, is_confirmed, is_kept, device, created_at, issued_at, used_at, expires_at)
          select ?, ?, owner_id, 1, 0, ?, created_at, issued_at, used_at, expires_at
          from sessions order by rowid desc limit 1`,
      )
      .run(hashOf(token), randomUUID(), device)
  } finally {
    database.close()
  }
  const client = new TestClient(url)
  client.cookie = `riacho_session=${token}`
  return client
}
