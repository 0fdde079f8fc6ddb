import { randomUUID } from 'node:crypto'
import type { Talker } from '../talker.ts'

/** Answers a question that no running call asks, of a run of the owner or of nobody. */
export async function drawAnswer(talker: Talker): Promise<boolean> {
  const { owner, random } = talker
  const run = random.pick(owner.chats.flatMap(({ runs }) => runs))
  const runId = run && random.chance(0.7) ? run.runId : randomUUID()
  const body = { answers: [{ questionId: randomUUID(), action: 'accept' }] }
  return refused(talker, { method: 'POST', path: `/api/chat/runs/${runId}/answers`, body }, [404, 409])
}

/** Begins a sign-in that no question asks for. */
export function drawToolSignIn(talker: Talker): Promise<boolean> {
  const { owner, random } = talker
  const run = random.pick(owner.chats.flatMap(({ runs }) => runs))
  const path = `/api/chat/runs/${run?.runId ?? randomUUID()}/questions/${randomUUID()}/sign-in`
  return refused(talker, { method: 'POST', path, body: undefined }, [404])
}

/** Nobody signs in anywhere here. */
export async function drawToolServers(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const ask = { client: talker.client(owner), mine: owner }
  const { status, text } = await talker.ask('GET', '/api/chat/tool-servers', ask)
  talker.count('servers of tools', status)
  if (status !== 200 || text !== '{"servers":[]}')
    history.violation(`GET /api/chat/tool-servers: ${status} ${text}`)
  return true
}

export const drawToolSignOut = (talker: Talker) =>
  refused(
    talker,
    { method: 'DELETE', path: '/api/chat/tool-servers/nowhere/sign-in', body: undefined },
    [404],
  )

/** Comes back from an issuer with a state that nobody has begun. */
export const drawToolCallback = (talker: Talker) => {
  const path = `/api/chat/tool-servers/callback?state=${randomUUID()}&code=x`
  return refused(talker, { method: 'GET', path, body: undefined }, [404])
}

export const drawToolClient = (talker: Talker) =>
  refused(talker, { method: 'GET', path: '/api/chat/tool-servers/client', body: undefined }, [404])

async function refused(
  talker: Talker,
  { method, path, body }: { method: 'GET' | 'POST' | 'DELETE'; path: string; body: object | undefined },
  refusals: readonly number[],
): Promise<boolean> {
  const { owner, history } = talker
  const ask = { client: talker.client(owner), mine: owner, ...(body && { body }) }
  const { status, text } = await talker.ask(method, path, ask)
  talker.count('servers of tools', status)
  if (!refusals.includes(status)) history.violation(`${method} ${path}: ${status} ${text}`)
  return true
}
