import { call } from '../harness/http.ts'
import type { StartOptions } from '../peers/peer.ts'
import { cookieIn, startRiacho } from '../peers/riacho.ts'

/** Starts Riacho once over a new database. Returns an owner of it and the cookie that names this owner. */
export async function learnOwner(options: StartOptions): Promise<{ ownerId: string; cookie: string }> {
  const relay = await startRiacho(options)
  try {
    const { headers } = await call({ port: relay.port, method: 'GET', path: '/api/chat/conversations' })
    const cookie = cookieIn(headers)
    const ownerId = /=([\da-f-]{36})\./.exec(cookie ?? '')?.[1]
    if (!cookie || !ownerId) throw new Error('no session cookie')
    return { ownerId, cookie }
  } finally {
    await relay.stop()
  }
}
