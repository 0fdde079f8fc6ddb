import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { BOUNDS } from '../bounds.ts'
import { type Owner, type RunRecord, time } from '../history.ts'
import { ManyRunsStream } from '../manyRunsStream.ts'
import type { Talker } from '../talker.ts'
import { View } from '../view.ts'
import { asOwner, pathOf } from './keeping.ts'

/** Follows any run of the owner from its beginning, also one that has ended. */
export async function drawEvents(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const run = random.pick(random.pick(owner.chats)?.runs ?? [])
  if (!run) return false
  talker.inBackground(talker.follow(run, { random: random.fork() }))
  return true
}

/** Follows many runs of the owner over one stream, and asks for one that nobody has. */
export async function drawManyRuns(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const runs = owner.chats.flatMap(chat => chat.runs).slice(-20)
  if (runs.length === 0) return false
  talker.inBackground(followMany(talker, owner, { runs, random: random.fork() }))
  return true
}

async function followMany(
  talker: Talker,
  owner: Owner,
  { runs, random }: { runs: readonly RunRecord[]; random: Talker['random'] },
): Promise<void> {
  const { history } = talker
  const left = new Map(runs.map(run => [run.runId, { run, view: new View(run.runId) }]))
  for (const { run, view } of left.values()) run.views.push(view)
  const deadline = talker.lived() + BOUNDS.runEnd
  while (left.size > 0) {
    if (talker.lived() > deadline) return history.violation(`${left.size} runs on one stream had no end`)
    const unknown = randomUUID()
    const positions = [...left.values()].map(({ view }) => ({ runId: view.runId, seq: view.lastSeq }))
    const from = time()
    const stream = await talker.stubborn(() =>
      ManyRunsStream.open(talker.client(owner), [{ runId: unknown, seq: 0 }, ...positions]),
    )
    for (const { view } of left.values()) view.livedThrough(history.losses, stream.askedAt)
    if (stream.status !== 200) await delay(20)
    const watch = setTimeout(() => void stream.cut(), BOUNDS.runEnd)
    for await (const frame of stream) {
      const known = left.get(frame.runId)
      if ('mark' in frame) {
        if (frame.mark === 'run-done') history.violation(`${frame.runId} is done, but its end was not seen`)
        else if (known && !known.run.chat.mayBeGone({ from, to: time() }))
          history.violation(`run ${frame.runId}: accepted, and now gone`)
        if (frame.runId !== unknown && !known)
          history.violation(`a mark of ${frame.runId}, which nobody asked for`)
        left.delete(frame.runId)
      } else if (known) {
        known.view.apply(frame.seq, frame.event)
        if (frame.event.type === 'run-end') {
          known.run.endSeen = Math.min(known.run.endSeen, time())
          left.delete(frame.runId)
        }
      } else history.violation(`a frame of ${frame.runId}, which nobody asked for`)
      if (random.chance(0.02)) break
    }
    clearTimeout(watch)
    await stream.cut()
    talker.heard(stream.raw, owner, { from, to: Number.POSITIVE_INFINITY })
  }
}

/** Searches for a message that the owner wrote. What is there is found, and what is gone is not. */
export async function drawSearch(talker: Talker): Promise<boolean> {
  const { random, owner, history } = talker
  const from = time()
  const questions = [...history.questions.values()].filter(each => each.isAccepted && each.asked.to < from)
  const question = random.pick(
    random.chance(0.7) ? questions.filter(each => each.owner === owner) : questions,
  )
  if (!question) return false
  const word = question.clientMessageId.slice(0, 8)
  const reply = await talker.ask('GET', `/api/chat/search?query=${word}`, {
    client: talker.client(owner),
    mine: owner,
  })
  talker.count('search', reply.status)
  if (reply.status !== 200) return true
  const { chat } = question
  const found = reply.body.hits.some(({ messageId }) => messageId === question.userMessageId)
  const isMine = question.owner === owner
  if (isMine && chat && !chat.mayBeGone(reply) && !found)
    history.violation(`${word} is stored, and not found`)
  if (found && !(isMine && chat?.mayBeThere(reply))) history.violation(`${word} is found, and not there`)
  for (const { conversationId } of reply.body.hits) {
    const hit = history.chats.find(({ id }) => id === conversationId)
    if (hit && (hit.owner !== owner || !hit.mayBeThere(reply)))
      history.violation(`${conversationId} is found`)
  }
  return true
}

export async function drawExport(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const chat = random.pick(owner.chats)
  if (!chat) return false
  const format = random.pick(['markdown', 'json'])
  const reply = await talker.ask('GET', pathOf(chat, `/export?format=${format}`), asOwner(talker, chat))
  if (!talker.isDone('export', reply, chat, { expected: 200 })) return true
  if (!reply.headers['content-disposition']?.startsWith('attachment'))
    talker.history.violation(`the export of ${chat.id} is no download`)
  return true
}

/** Takes everything along: every conversation that is there, with every accepted message, and none that is gone. */
export async function drawExportAll(talker: Talker): Promise<boolean> {
  const { owner, history } = talker
  const from = time()
  const known = owner.chats.filter(({ begun }) => begun.to < from)
  const reply = await talker.ask('GET', '/api/chat/export', { client: talker.client(owner), mine: owner })
  talker.count('export all', reply.status)
  const exported = (reply.body as unknown as { conversations: { conversation: { id: string } }[] })
    .conversations
  for (const chat of known) {
    const isThere = exported.some(({ conversation }) => conversation.id === chat.id)
    if (!isThere && !chat.mayBeGone(reply)) history.violation(`${chat.id} is not in the export`)
    if (isThere && !chat.mayBeThere(reply)) history.violation(`${chat.id} is gone, and in the export`)
    for (const { isAccepted, asked, clientMessageId } of isThere ? chat.questions : []) {
      if (isAccepted && asked.to < from && !reply.text.includes(clientMessageId))
        history.violation(`message ${clientMessageId} is not in the export`)
    }
  }
  return true
}

/** A call that belongs to no owner. */
export function drawPublic(path: string, statuses: readonly number[] = [200]) {
  return async (talker: Talker): Promise<boolean> => {
    const reply = await talker.ask('GET', path, { client: talker.stranger() })
    talker.count(path, reply.status)
    if (!statuses.includes(reply.status)) talker.history.violation(`${path}: ${reply.status}`)
    if (path !== '/api/chat/assistants' && reply.headers['set-cookie'])
      talker.history.violation(`${path} set a cookie`)
    return true
  }
}

/** Reads the eight ticks of a probe, in the background. */
export async function drawProbe(talker: Talker): Promise<boolean> {
  talker.inBackground(
    (async () => {
      const { deaths } = talker.history
      const reply = await talker.ask('GET', '/api/chat/probe', { client: talker.stranger() })
      const ticks = reply.text.match(/"tick":\d/g) ?? []
      if (ticks.length !== 8 && talker.history.deaths === deaths && !talker.history.isTroubled(reply))
        talker.history.violation(`a probe of ${ticks.length} ticks`)
    })(),
  )
  return true
}
