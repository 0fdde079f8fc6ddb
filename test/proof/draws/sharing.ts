import { Register, type ShareRecord, time } from '../history.ts'
import type { Talker } from '../talker.ts'
import { asOwner, pathOf } from './keeping.ts'

/** Shares a conversation, and reads the share without a session. */
export async function drawShare(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const chat = random.pick(owner.chats)
  if (!chat) return false
  const made = { from: time(), to: Number.POSITIVE_INFINITY }
  chat.doubtfulShares++
  const reply = await talker.ask('POST', pathOf(chat, '/shares'), asOwner(talker, chat))
  made.to = reply.to
  chat.doubtfulShares += reply.attempts - 2
  if (!talker.isDone('share', reply, chat, { expected: 201 })) return true
  const { id, conversationId } = reply.body.share
  if (conversationId !== chat.id) talker.history.violation(`share ${id} is of another conversation`)
  const share = { id, chat, made, revoked: new Register(false), content: undefined }
  chat.shares.push(share)
  await readShare(talker, share)
  return true
}

export async function drawSharedRead(talker: Talker): Promise<boolean> {
  const { random, history } = talker
  const shares = history.chats.flatMap(chat => chat.shares)
  const share = random.pick(shares)
  if (!share) return false
  await readShare(talker, share)
  return true
}

/** Anybody may read a share, unless it is revoked or its conversation is gone. Its content never changes. */
export async function readShare(talker: Talker, share: ShareRecord): Promise<void> {
  const { history } = talker
  const { chat } = share
  const reply = await talker.ask('GET', `/api/chat/shared/${share.id}`, {
    client: talker.stranger(),
    mine: chat.owner,
  })
  talker.count('shared', reply.status)
  const mayBeThere = chat.mayBeThere(reply) && share.revoked.mayBe(false, reply)
  const mayBeGone = chat.mayBeGone(reply) || share.revoked.mayBe(true, reply)
  if (reply.status === 200 ? !mayBeThere : reply.status !== 404 || !mayBeGone)
    history.violation(`share ${share.id}: ${reply.status} ${reply.text.slice(0, 200)}`)
  if (reply.status !== 200) return
  if (reply.headers['set-cookie']) history.violation(`share ${share.id} set a cookie`)
  if (reply.text.includes(chat.id)) history.violation(`share ${share.id} names its conversation`)
  share.content ??= reply.text
  if (share.content !== reply.text) history.violation(`share ${share.id} has changed`)
}

export async function drawRevoke(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const share = random.pick(random.pick(owner.chats)?.shares ?? [])
  if (!share) return false
  const { chat } = share
  const wasAsked = share.revoked.everAsked(true)
  const write = share.revoked.begin(true)
  const reply = await talker.ask('DELETE', `/api/chat/shares/${share.id}`, asOwner(talker, chat))
  talker.count('revoke', reply.status)
  if (reply.status === 204) write.done()
  else if (reply.status === 404 && (reply.attempts > 1 || wasAsked || chat.mayBeGone(reply))) {
    // It may be revoked already, or its conversation is gone. Nobody can say which.
    if (reply.attempts === 1) write.refused()
  } else talker.history.violation(`revoke of ${share.id}: ${reply.status} ${reply.text}`)
  return true
}

/** Lists the shares of one conversation, or of all. */
export async function drawShares(talker: Talker): Promise<boolean> {
  return listShares(talker, 'all')
}

export async function drawSharesOf(talker: Talker): Promise<boolean> {
  return listShares(talker, 'one')
}

async function listShares(talker: Talker, which: 'all' | 'one'): Promise<boolean> {
  const { owner, random, history } = talker
  const one = random.pick(owner.chats)
  if (!one) return false
  const from = time()
  const known = (which === 'all' ? owner.chats : [one])
    .flatMap(chat => chat.shares)
    .filter(({ made }) => made.to < from)
  const path = which === 'all' ? '/api/chat/shares' : pathOf(one, '/shares')
  const reply = await talker.ask('GET', path, asOwner(talker, one))
  if (which === 'one' && !talker.isDone('shares', reply, one, { expected: 200 })) return true
  if (which === 'all') talker.count('all shares', reply.status)
  const listed = new Set(reply.body.shares.map(({ id }) => id))
  for (const { id, chat, revoked } of known) {
    const isCertain = !chat.mayBeGone(reply) && !revoked.mayBe(true, reply)
    if (isCertain && !listed.has(id)) history.violation(`share ${id} is not listed`)
    if (listed.has(id) && !(chat.mayBeThere(reply) && revoked.mayBe(false, reply)))
      history.violation(`share ${id} is gone, and listed`)
  }
  return true
}
