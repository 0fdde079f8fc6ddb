import { createRandom } from '../../harness/random.ts'
import { checkConversation } from '../draws/checkConversation.ts'
import { decideAtLast, isWaiting } from '../draws/deciding.ts'
import { asOwner, drawList, pathOf, restore } from '../draws/keeping.ts'
import { isFinal, readPicture } from '../draws/pictures.ts'
import { drawExportAll } from '../draws/reading.ts'
import { readShare } from '../draws/sharing.ts'
import { type Chat, type History, time } from '../history.ts'
import { type Address, Talker } from '../talker.ts'
import { isPicture } from '../view.ts'
import { checkReplays } from './replays.ts'
import { askAsStranger } from './strangers.ts'

/**
 * Asks a server, when everybody has gone quiet, for all that the history knows. What was acknowledged is there and
 * whole. What was deleted is gone until it is restored. What was erased stays erased. Nobody gets anything of another.
 * Each reply replays from every place. The history records what is wrong.
 */
export async function interview(history: History, address: Address, seed: number): Promise<void> {
  const random = createRandom(seed)
  for (const owner of history.owners) {
    const talker = new Talker({ address, history, random, owner, cutChance: 0, maxReaders: 0 })
    const isErased = owner.erased.everAsked(true)
    // The old session of an erased owner begins a new owner with its first GET.
    if (isErased) await askAsErased(talker)
    else {
      await decideAboutAll(talker)
      await askAsStranger(talker, owner, random)
    }
    for (const chat of owner.chats) await askFor(talker, chat)
    if (isErased) continue
    await drawList(talker)
    await drawExportAll(talker)
    await checkReplays(talker, owner, random)
  }
}

/** The most runs of an owner about which somebody decides when everybody has gone quiet. */
const MOST_DECISIONS = 5

/** What still waits for a person can be decided and answered, however often the process has died since. */
async function decideAboutAll(talker: Talker): Promise<void> {
  const { chats } = talker.owner
  for (let decided = 0; decided < MOST_DECISIONS; decided++) {
    const now = { from: time(), to: time() }
    const open = chats.filter(chat => !chat.mayBeGone(now) && !chat.status.mayBe('CLOSED', now))
    const run = open.flatMap(({ runs }) => runs).find(isWaiting)
    if (!run) return
    await decideAtLast(talker, run)
    await talker.quiet()
  }
}

/** Asks for one conversation and its shares. If it is deleted, asks again once it is restored. */
async function askFor(talker: Talker, chat: Chat): Promise<void> {
  for (const share of chat.shares) await readShare(talker, share)
  if (chat.owner.erased.everAsked(true)) return
  const reply = await talker.ask('GET', pathOf(chat), asOwner(talker, chat))
  if (talker.isDone('read', reply, chat, { expected: 200 })) {
    checkConversation(talker, reply, chat)
    for (const part of reply.body.messages.flatMap(({ parts }) => parts))
      if (isPicture(part) && part.version) await readPicture(talker, chat, part, { isFinal: isFinal(part) })
    if (reply.body.activeRun) talker.history.violation(`conversation ${chat.id} still has an active run`)
  } else if (await restore(talker, chat)) for (const share of chat.shares) await readShare(talker, share)
}

/** The session of an erased owner reaches nothing, and writes nothing. */
async function askAsErased(talker: Talker): Promise<void> {
  const { owner, history } = talker
  const now = { from: time(), to: time() }
  if (owner.erased.mayBe(false, now)) return
  const ask = (method: string, path: string, body?: unknown) =>
    talker.ask(method, path, { client: talker.client(owner), mine: owner, body })
  const answers = [
    await ask('POST', '/api/chat/send', { content: 'Oi' }),
    await ask('POST', '/api/chat/conversations', {}),
    ...(await Promise.all(owner.chats.map(chat => ask('PATCH', pathOf(chat), { title: 'Oi' })))),
    ...(await Promise.all(owner.chats.map(chat => ask('POST', pathOf(chat, '/restore'))))),
    ...(await Promise.all(owner.chats.map(chat => ask('GET', pathOf(chat))))),
  ]
  for (const { status, text } of answers) {
    if (status !== 404)
      history.violation(`owner ${owner.name} was erased, and gets ${status} ${text.slice(0, 200)}`)
  }
  const { body } = await ask('GET', '/api/chat/conversations')
  if (body.conversations.length > 0)
    history.violation(`owner ${owner.name} was erased, and has conversations`)
}
