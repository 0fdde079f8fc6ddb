import { DatabaseSync } from 'node:sqlite'
import { call } from '../harness/http.ts'
import type { StartOptions } from '../peers/peer.ts'
import { cookieIn, databaseOf, startRiacho } from '../peers/riacho.ts'

/** Starts Riacho once over a new database. Returns an owner of it and the cookie that names this owner. */
export async function learnOwner(options: StartOptions): Promise<{ ownerId: string; cookie: string }> {
  const relay = await startRiacho(options)
  let cookie: string | undefined
  try {
    cookie = cookieIn(
      (await call({ port: relay.port, method: 'GET', path: '/api/chat/conversations' })).headers,
    )
  } finally {
    await relay.stop()
  }
  const database = new DatabaseSync(databaseOf(options.folder), { readOnly: true })
  const ownerId = database.prepare('select owner_id from sessions').get()?.['owner_id']
  database.close()
  if (!cookie || typeof ownerId !== 'string') throw new Error('no session')
  return { ownerId, cookie }
}
