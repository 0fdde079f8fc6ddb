import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ApiKeyListResponse, CreatedKeyResponse } from '../../../src/protocol/responses.ts'
import type { Answer } from '../../harness/client.ts'
import { BOUNDS } from '../bounds.ts'
import { type Owner, type Span, time } from '../history.ts'
import type { Reply, Talker } from '../talker.ts'

/** Lists the keys of the owner, and looks for those of others among them. */
export async function drawKeys(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const keys = await keysOf(talker, owner)
  const strange = keys.filter(({ name }) => name !== owner.keyName)
  if (strange.length > 0) history.violation(`owner ${owner.name} has the keys ${JSON.stringify(strange)}`)
  return true
}

/** Makes a key, and reads with it as a program. */
export async function drawCreateKey(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const made = await makeKey(talker, owner)
  if (!made) return true
  const from = time()
  const { status, text } = await readWith(talker, made.secret)
  const isErased = owner.erased.mayBe(true, { from, to: time() })
  if (status !== 200 && !(status === 401 && isErased))
    history.violation(`a key of ${owner.name}: ${status} ${text}`)
  talker.heard(text, owner, { from, to: time() })
  return true
}

/** Revokes a key that is unknown or somebody else's. Then makes one, revokes it, and tries it until it is refused. */
export async function drawRevokeKey(talker: Talker): Promise<boolean> {
  const { owner, history, random } = talker
  const other = random.pick(history.owners.filter(each => each !== owner && each.cookie))
  const foreign = other && random.chance(0.5) ? await keysOf(talker, other) : []
  expectStatus(talker, [404], await revoke(talker, owner, foreign[0]?.id ?? randomUUID()))
  const made = await makeKey(talker, owner)
  if (!made) return true
  const revoked = await revoke(talker, owner, made.key.id)
  // A repeat finds it revoked, and so does whoever comes after an erasure.
  expectStatus(talker, revoked.attempts > 1 || mayBeErased(owner, revoked) ? [204, 404] : [204], revoked)
  const deadline = talker.lived() + BOUNDS.answer
  while ((await readWith(talker, made.secret)).status !== 401) {
    if (talker.lived() > deadline) {
      history.violation(`a revoked key of ${owner.name} is still good`)
      break
    }
    await delay(10)
  }
  return true
}

const mayBeErased = (owner: Owner, span: Span) => owner.erased.mayBe(true, span)

/** `undefined` if the owner has as many as it may, or is erased. */
async function makeKey(talker: Talker, owner: Owner): Promise<CreatedKeyResponse | undefined> {
  const body = { name: owner.keyName, scope: 'read', days: 1 }
  const reply = await talker.ask('POST', '/api/chat/keys', {
    body,
    client: talker.client(owner),
    mine: owner,
  })
  expectStatus(talker, mayBeErased(owner, reply) ? [201, 404, 409] : [201, 409], reply)
  return reply.status === 201 ? (reply.body as unknown as CreatedKeyResponse) : undefined
}

/** Reads as a program, which has no cookie. */
async function readWith(talker: Talker, secret: string): Promise<Answer> {
  const client = talker.stranger()
  const answer = await talker.stubborn(async () => {
    const answer = await client.get('/api/chat/conversations', { authorization: `Bearer ${secret}` })
    if (answer.status === 503) throw new Error(answer.text)
    return answer
  })
  talker.count('reads with a key', answer.status)
  if (answer.headers['set-cookie']) talker.history.violation('a key got a cookie')
  return answer
}

async function keysOf(talker: Talker, owner: Owner): Promise<ApiKeyListResponse['keys']> {
  const reply = await talker.ask('GET', '/api/chat/keys', { client: talker.client(owner), mine: owner })
  expectStatus(talker, [200], reply)
  return (reply.body as unknown as ApiKeyListResponse).keys
}

function revoke(talker: Talker, owner: Owner, id: string): Promise<Reply> {
  return talker.ask('DELETE', `/api/chat/keys/${id}`, { client: talker.client(owner), mine: owner })
}

function expectStatus(talker: Talker, expected: number[], { status, text }: Reply): void {
  talker.count('keys', status)
  if (!expected.includes(status)) talker.history.violation(`keys: ${status} ${text}`)
}
