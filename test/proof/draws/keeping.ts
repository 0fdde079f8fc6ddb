import { BOUNDS } from '../bounds.ts'
import { Chat, Register, time } from '../history.ts'
import type { Reply, Talker } from '../talker.ts'
import { View } from '../view.ts'
import { checkConversation } from './checkConversation.ts'
import { drawId, messageIdsOf } from './sending.ts'

/** How long a deletion can be undone, in milliseconds. PROTOCOL.md promises it. */
const RESTORE_WINDOW = 10 * 60 * 1000
/** What the clock of the server may differ from ours while it does not jump, in milliseconds. */
const TOLERANCE = 60_000

export function pathOf(chat: Chat, rest = ''): string {
  return `/api/chat/conversations/${chat.id}${rest}`
}

/** The asker of a chat, who may have a new session by now. */
export function asOwner(talker: Talker, chat: Chat) {
  return { client: talker.client(chat.owner), mine: chat.owner }
}

/** Lists the conversations, page by page. Every one that is there must come, once. */
export async function drawList(talker: Talker): Promise<boolean> {
  const { owner, random, history } = talker
  const archived = random.chance(0.3)
  const limit = random.pick([1, 2, 30])
  const from = time()
  const expected = owner.chats.filter(chat => chat.begun.to < from)
  const seen: string[] = []
  const client = talker.client(owner)
  let cursor: string | null = ''
  for (let page = 0; cursor !== null && page < 40; page++) {
    const after: string = cursor ? `&cursor=${cursor}` : ''
    const reply: Reply = await talker.ask(
      'GET',
      `/api/chat/conversations?limit=${limit}&archived=${archived}${after}`,
      { client, mine: owner },
    )
    talker.count('list', reply.status)
    if (reply.status !== 200) return true
    seen.push(...reply.body.conversations.map(({ id }) => id))
    cursor = reply.body.nextCursor
  }
  const span = { from, to: time() }
  // A conversation that changes while the pages come may move from one page to another.
  if (limit < 30) return true
  if (new Set(seen).size !== seen.length) history.violation('a conversation came twice in one list')
  for (const chat of expected) {
    const mustBe = !chat.mayBeGone(span) && !chat.archived.mayBe(!archived, span)
    if (mustBe && !seen.includes(chat.id)) history.violation(`conversation ${chat.id} is not in the list`)
    if (seen.includes(chat.id) && !chat.mayBeThere(span))
      history.violation(`${chat.id} is gone, and in the list`)
  }
  return true
}

/** Begins a conversation without a message. */
export async function drawCreate(talker: Talker): Promise<boolean> {
  const { owner, random } = talker
  const title = random.chance(0.5) ? `Conversa ${drawId(talker)}` : undefined
  const begun = { from: time(), to: Number.POSITIVE_INFINITY }
  owner.doubtful++
  const client = talker.client(owner)
  const reply = await talker.ask('POST', '/api/chat/conversations', {
    client,
    mine: owner,
    body: { ...(title && { title }) },
  })
  begun.to = reply.to
  talker.count('create', reply.status)
  owner.doubtful += reply.attempts - 2
  if (reply.status === 201) {
    const chat = new Chat(owner, { id: reply.body.conversation.id, begun })
    if (title) chat.title.begin(title).done()
  } else if (!owner.erased.mayBe(true, reply))
    talker.history.violation(`create: ${reply.status} ${reply.text}`)
  return true
}

/** Reads a conversation. If a run is active, a reader goes on from what the conversation has of it. */
export async function drawRead(talker: Talker): Promise<boolean> {
  const chat = talker.random.pick(talker.owner.chats)
  if (!chat) return false
  const reply = await talker.ask('GET', pathOf(chat), asOwner(talker, chat))
  if (!talker.isDone('read', reply, chat, { expected: 200 })) return true
  checkConversation(talker, reply, chat)
  const { activeRun } = reply.body
  const run = activeRun && talker.history.runs.get(activeRun.runId)
  if (activeRun && run && !Number.isFinite(run.endSeen)) {
    const view = new View(run.runId, activeRun)
    view.livedThrough(talker.history.losses, reply.from)
    talker.inBackground(talker.follow(run, { random: talker.random.fork(), view }))
  }
  return true
}

/** Changes one thing of a conversation, maybe together with another tab. */
export async function drawPatch(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const chat = random.pick(owner.chats)
  if (!chat) return false
  const field = random.pick(['title', 'pinned', 'archived', 'status', 'headMessageId'] as const)
  if (field === 'headMessageId') return patchHead(talker, chat)
  const value = {
    title: () => `Título de ${drawId(talker)}`,
    pinned: () => random.chance(0.5),
    archived: () => random.chance(0.3),
    status: () => (random.chance(0.2) ? 'CLOSED' : 'OPEN'),
  }[field]()
  const write = (chat[field] as Register<unknown>).begin(value)
  const reply = await talker.ask('PATCH', pathOf(chat), {
    ...asOwner(talker, chat),
    body: { [field]: value },
  })
  if (talker.isDone('patch', reply, chat, { expected: 200 })) {
    talker.wrote(write, reply)
    checkConversation(talker, reply, chat)
  } else if (reply.attempts === 1) write.refused()
  return true
}

async function patchHead(talker: Talker, chat: Chat): Promise<boolean> {
  const headMessageId = talker.random.pick(messageIdsOf(chat))
  if (!headMessageId) return false
  const reply = await talker.ask('PATCH', pathOf(chat), { ...asOwner(talker, chat), body: { headMessageId } })
  const also = chat.mayBeBusy(reply) ? [409] : []
  talker.isDone('patch head', reply, chat, { expected: 200, also })
  return true
}

export async function drawDelete(talker: Talker): Promise<boolean> {
  const chat = talker.random.pick(talker.owner.chats)
  if (!chat) return false
  const write = chat.life.begin('deleted')
  const { deaths } = talker.history
  const reply = await talker.ask('DELETE', pathOf(chat), asOwner(talker, chat))
  // The first of several attempts may have deleted it.
  const isDone = talker.isDone('delete', reply, chat, { expected: 204 })
  if (isDone || reply.attempts > 1) talker.wrote(write, reply)
  else write.refused()
  const mayBeLate = talker.history.deaths !== deaths || talker.history.isTroubled(reply)
  if (reply.to - reply.from > BOUNDS.deletion && !mayBeLate)
    talker.history.violation(`the deletion of ${chat.id} took ${Math.round(reply.to - reply.from)} ms`)
  return true
}

/** Restores a conversation, whether or not it is deleted. */
export async function drawRestore(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const deleted = owner.chats.filter(chat => chat.life.everAsked('deleted'))
  const chat = random.pick(random.chance(0.9) ? deleted : owner.chats)
  if (!chat) return false
  await restore(talker, chat)
  return true
}

export async function restore(talker: Talker, chat: Chat): Promise<boolean> {
  const write = chat.life.begin('alive')
  const reply = await talker.ask('POST', pathOf(chat, '/restore'), asOwner(talker, chat))
  talker.count('restore', reply.status)
  if (reply.status === 200) {
    talker.wrote(write, reply)
    checkConversation(talker, reply, chat)
    if (!chat.owner.erased.mayBe(false, reply))
      talker.history.violation(`${chat.id} of an erased owner is back`)
    return true
  }
  if (reply.attempts === 1) write.refused()
  const isExplained =
    reply.status === 404 && (mayBeExpired(talker, chat) || chat.owner.erased.mayBe(true, reply))
  if (!isExplained) talker.history.violation(`restore of ${chat.id}: ${reply.status} ${reply.text}`)
  return false
}

/** Whether a deletion of the conversation may be too old to be undone. */
function mayBeExpired({ history }: Talker, chat: Chat): boolean {
  const deleted = chat.life.firstAsked('deleted')
  return deleted !== undefined && history.longestSince(deleted.from) > RESTORE_WINDOW - TOLERANCE
}

/** Copies the branch down to any message, which is then a conversation like any other. */
export async function drawFork(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const chat = random.pick(owner.chats)
  const messageId = chat && random.pick(messageIdsOf(chat))
  if (!messageId) return false
  const begun = { from: time(), to: Number.POSITIVE_INFINITY }
  owner.doubtful++
  const reply = await talker.ask('POST', pathOf(chat, '/fork'), {
    ...asOwner(talker, chat),
    body: { messageId },
  })
  begun.to = reply.to
  owner.doubtful += reply.attempts - 2
  if (!talker.isDone('fork', reply, chat, { expected: 201 })) return true
  const { conversation, messages } = reply.body
  const fork = new Chat(owner, { id: conversation.id, begun, copied: messages })
  fork.title.begin(conversation.title).done()
  if (messages.length === 0 || messages.some(({ id }) => id === messageId))
    talker.history.violation(`the fork ${fork.id} has no copies`)
  return true
}

/** Asks for a title in two tabs. Both must get the one that is valid. */
export async function drawTitle(talker: Talker): Promise<boolean> {
  const { random, history } = talker
  const chat = random.pick(talker.owner.chats)
  if (!chat) return false
  const from = time()
  const ask = async () => {
    const stream = await talker.stubborn(() => talker.client(chat.owner).title(chat.id))
    await stream.closed
    talker.heard(stream.raw, chat.owner, { from, to: time() })
    talker.count('title', stream.status)
    if (stream.status === 404 && chat.mayBeGone({ from, to: time() })) return
    const isWhole = stream.status === 200 && stream.raw.includes('event: title-end')
    // The stream is cut if the process dies, and 503 says that it drains.
    if (isWhole) checkTitle(await stream.title())
    else if (stream.status !== 503 && stream.status !== 200)
      history.violation(`title: ${stream.status} ${stream.raw}`)
    if (time() - from > BOUNDS.title && !history.isTroubled({ from, to: time() }))
      history.violation(`the title of ${chat.id} took ${Math.round(time() - from)} ms`)
  }
  const checkTitle = (title: string) => {
    const span = { from, to: time() }
    if (!chat.title.possible(span).some(each => each === undefined || each === title))
      history.violation(`the title of ${chat.id} is ${title}`)
  }
  await Promise.all(random.chance(0.3) ? [ask(), ask()] : [ask()])
  return true
}

export async function drawFeedback(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const run = random.pick(
    random.pick(owner.chats)?.runs.filter(({ endSeen }) => Number.isFinite(endSeen)) ?? [],
  )
  if (!run) return false
  const rating = random.pick(['up', 'down', null])
  const { chat, messageId } = run
  const feedback = chat.feedback.get(messageId) ?? new Register<string | null>(null)
  chat.feedback.set(messageId, feedback)
  const write = feedback.begin(rating)
  const path = `/api/chat/messages/${messageId}/feedback`
  const reply = await talker.ask('PUT', path, { ...asOwner(talker, chat), body: { rating } })
  if (talker.isDone('feedback', reply, chat, { expected: 200 })) talker.wrote(write, reply)
  else if (reply.attempts === 1) write.refused()
  return true
}

/** Says to have seen a notice that is not there, because nobody whom the talker plays is an administrator. */
export async function drawReadNotice(talker: Talker): Promise<boolean> {
  const chat = talker.random.pick(talker.owner.chats)
  if (!chat) return false
  const path = pathOf(chat, '/read-notice?at=1')
  const reply = await talker.ask('DELETE', path, asOwner(talker, chat))
  talker.isDone('read notice', reply, chat, { expected: 204 })
  return true
}

/** Erases everything. The person goes on as a new owner. */
export async function drawErase(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  if (owner.erased.everAsked(true) || owner.chats.length === 0) return false
  const write = owner.erased.begin(true)
  const reply = await talker.ask('DELETE', '/api/chat/owner', { client: talker.client(owner), mine: owner })
  talker.count('erase', reply.status)
  write.done()
  if (reply.status !== 204) history.violation(`erase: ${reply.status} ${reply.text}`)
  // Not before it has a session, because the other tab would begin a third owner.
  talker.owner = await talker.meet(history.newOwner())
  return true
}
