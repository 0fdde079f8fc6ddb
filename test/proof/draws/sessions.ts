import { randomUUID } from 'node:crypto'
import type { SessionListResponse } from '../../../src/protocol/responses.ts'
import type { Owner } from '../history.ts'
import type { Reply, Talker } from '../talker.ts'

/** Lists where the owner is signed in: one browser has the cookie. */
export async function drawSessions(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const sessions = await sessionsOf(talker, owner)
  if (owner.erased.everAsked(true)) return true
  if (sessions.length !== 1 || !sessions[0]?.isCurrent)
    history.violation(`owner ${owner.name} has the sessions ${JSON.stringify(sessions)}`)
  return true
}

/** Revokes an unknown session, or that of somebody else. Neither is there for the owner. */
export async function drawRevokeSession(talker: Talker): Promise<boolean> {
  const { owner, history, random } = talker
  const other = random.pick(history.owners.filter(each => each !== owner && each.cookie))
  const foreign = other && random.chance(0.5) ? await sessionsOf(talker, other) : []
  const path = `/api/chat/sessions/${foreign[0]?.id ?? randomUUID()}`
  expectStatus(talker, 404, await talker.ask('DELETE', path, { client: talker.client(owner), mine: owner }))
  return true
}

/** Revokes all others. The browser of the owner goes on as before. */
export async function drawRevokeOthers(talker: Talker): Promise<boolean> {
  const { owner } = talker
  const client = talker.client(owner)
  expectStatus(talker, 204, await talker.ask('DELETE', '/api/chat/sessions', { client, mine: owner }))
  return true
}

async function sessionsOf(talker: Talker, owner: Owner): Promise<SessionListResponse['sessions']> {
  const reply = await talker.ask('GET', '/api/chat/sessions', { client: talker.client(owner), mine: owner })
  expectStatus(talker, 200, reply)
  return (reply.body as unknown as SessionListResponse).sessions
}

function expectStatus(talker: Talker, expected: number, { status, text }: Reply): void {
  talker.count('sessions', status)
  if (status !== expected) talker.history.violation(`sessions: ${status} ${text}`)
}
