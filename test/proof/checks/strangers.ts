import { randomUUID } from 'node:crypto'
import type { Random } from '../../harness/random.ts'
import { type Chat, type Owner, time } from '../history.ts'
import { ManyRunsStream } from '../manyRunsStream.ts'
import type { Talker } from '../talker.ts'

/** A call about one thing, by its id. */
interface Question {
  method: string
  path: string
  body?: unknown
}

type Things = { chat: string; run: string; question: string; reply: string; share: string }

/** Every call that names something. Each is asked about what another owner has, and about ids that nobody has. */
const QUESTIONS: readonly ((things: Things, own: string | undefined) => Question | undefined)[] = [
  ({ chat }) => ({ method: 'GET', path: `/api/chat/conversations/${chat}` }),
  ({ chat }) => ({ method: 'PATCH', path: `/api/chat/conversations/${chat}`, body: { title: 'Meu' } }),
  ({ chat }) => ({ method: 'DELETE', path: `/api/chat/conversations/${chat}` }),
  ({ chat }) => ({ method: 'POST', path: `/api/chat/conversations/${chat}/restore` }),
  ({ chat, question }) => ({
    method: 'POST',
    path: `/api/chat/conversations/${chat}/fork`,
    body: { messageId: question },
  }),
  ({ chat }) => ({ method: 'POST', path: `/api/chat/conversations/${chat}/title` }),
  ({ chat }) => ({ method: 'POST', path: `/api/chat/conversations/${chat}/shares` }),
  ({ chat }) => ({ method: 'GET', path: `/api/chat/conversations/${chat}/shares` }),
  ({ chat }) => ({ method: 'GET', path: `/api/chat/conversations/${chat}/export?format=json` }),
  ({ chat }) => ({ method: 'GET', path: `/api/chat/conversations/${chat}/export?format=markdown` }),
  ({ share }) => ({ method: 'DELETE', path: `/api/chat/shares/${share}` }),
  ({ reply }) => ({ method: 'PUT', path: `/api/chat/messages/${reply}/feedback`, body: { rating: 'up' } }),
  ({ run }) => ({ method: 'GET', path: `/api/chat/runs/${run}/events` }),
  ({ run }) => ({ method: 'POST', path: `/api/chat/runs/${run}/stop` }),
  ({ run }) => ({
    method: 'POST',
    path: `/api/chat/runs/${run}/decisions`,
    body: { decisions: [{ approvalId: randomUUID(), decision: 'approve' }] },
  }),
  ({ question }) => ({ method: 'POST', path: '/api/chat/runs', body: { userMessageId: question } }),
  ({ question, reply }) => ({
    method: 'POST',
    path: '/api/chat/runs',
    body: { userMessageId: question, continueMessageId: reply },
  }),
  ({ chat }) => ({ method: 'POST', path: '/api/chat/send', body: { conversationId: chat, content: 'Oi' } }),
  ({ reply }, own) =>
    own
      ? {
          method: 'POST',
          path: '/api/chat/send',
          body: { conversationId: own, parentId: reply, content: 'Oi' },
        }
      : undefined,
  ({ question }, own) =>
    own
      ? { method: 'PATCH', path: `/api/chat/conversations/${own}`, body: { headMessageId: question } }
      : undefined,
  ({ question }, own) =>
    own
      ? { method: 'POST', path: `/api/chat/conversations/${own}/fork`, body: { messageId: question } }
      : undefined,
]

/**
 * Asks as `owner` for what each other owner has. Every answer must be the one that an unknown id gets, word for word.
 */
export async function askAsStranger(talker: Talker, owner: Owner, random: Random): Promise<void> {
  const now = { from: time(), to: time() }
  const own = owner.chats.find(chat => !chat.mayBeGone(now) && !chat.status.mayBe('CLOSED', now))?.id
  for (const other of talker.history.owners) {
    const chats = other.chats.filter(({ runs }) => runs.length > 0)
    const deleted = chats.filter(({ life }) => !life.mayBe('alive', now))
    const chat = random.pick(random.chance(0.5) ? deleted : chats) ?? random.pick(chats)
    if (other === owner || !chat) continue
    const things = thingsOf(chat, random)
    for (const question of QUESTIONS) {
      const known = await answerTo(talker, owner, question(things, own))
      const unknown = await answerTo(talker, owner, question(unknownThings(), own))
      if (known === unknown) continue
      const { method, path } = question(things, own) ?? {}
      talker.history.violation(
        `${method} ${path} of owner ${other.name}, asked by ${owner.name}: ${known} | unknown: ${unknown}`,
      )
    }
    await followAsStranger(talker, owner, things.run)
  }
}

function thingsOf(chat: Chat, random: Random): Things {
  const { runId, userMessageId, messageId } = random.pick(chat.runs)
  const unknown = unknownThings()
  return {
    chat: chat.id,
    run: runId,
    question: userMessageId,
    reply: messageId,
    share: random.pick(chat.shares)?.id ?? unknown.share,
  }
}

function unknownThings(): Things {
  const share = randomUUID().replaceAll('-', '').slice(0, 24)
  return { chat: randomUUID(), run: randomUUID(), question: randomUUID(), reply: randomUUID(), share }
}

/** The status and the body, without what differs from answer to answer. */
async function answerTo(talker: Talker, owner: Owner, question: Question | undefined): Promise<string> {
  if (!question) return ''
  const { method, path, body } = question
  const reply = await talker.ask(method, path, { client: talker.client(owner), mine: owner, body })
  return `${reply.status} ${reply.text.replace(/"requestId":"[^"]*"/, '')}`
}

async function followAsStranger(talker: Talker, owner: Owner, runId: string): Promise<void> {
  const stream = await talker.uncut(() => ManyRunsStream.open(talker.client(owner), [{ runId, seq: 0 }]))
  const isGone = stream.frames.some(frame => 'mark' in frame && frame.mark === 'run-gone')
  if (!isGone || stream.frames.length !== 1)
    talker.history.violation(`owner ${owner.name} follows ${runId} of another: ${stream.raw.slice(0, 200)}`)
}
