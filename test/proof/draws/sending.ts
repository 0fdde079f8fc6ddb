import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestStream } from '../../harness/client.ts'
import type { Random } from '../../harness/random.ts'
import { BOUNDS } from '../bounds.ts'
import {
  Chat,
  type Continued,
  type Owner,
  type Question,
  type RunRecord,
  type Span,
  time,
} from '../history.ts'
import { contentOf } from '../script.ts'
import type { Talker } from '../talker.ts'

/**
 * A UUID by the numbers of `random`, so that a seed asks for the same texts again. Its first digits are drawn once in a
 * history: generators with 32 bits of state draw the same numbers sooner or later.
 */
export function drawId({ random, history }: Pick<Talker, 'random' | 'history'>): string {
  const digits = (count: number) =>
    Array.from({ length: count }, () => random.integer(16).toString(16)).join('')
  let first = digits(8)
  while (history.drawnIds.has(first)) first = digits(8)
  history.drawnIds.add(first)
  const middle = `${digits(4)}-4${digits(3)}-8${digits(3)}`
  // Two generators may draw the same numbers for a while, so no other id may have these digits. They are drawn all the same,
  // so that a seed plays the round that it always played.
  digits(12)
  return `${first}-${middle}-${createHash('sha256').update(first).digest('hex').slice(0, 12)}`
}

/** Sends a message to a new or a known conversation, maybe twice at once, and follows its run. */
export async function drawSend(talker: Talker): Promise<boolean> {
  const { random, owner, history } = talker
  const chat = random.chance(0.6) ? random.pick(owner.chats) : undefined
  const clientMessageId = drawId(talker)
  const attachments = random.chance(0.15)
    ? [{ name: `${clientMessageId}.txt`, text: `Em anexo: ${contentOf(clientMessageId)}` }]
    : undefined
  const content = attachments && random.chance(0.5) ? '' : contentOf(clientMessageId)
  const parentId = chat && drawParent(random, chat)
  const question: Question = {
    clientMessageId,
    owner,
    content,
    attachments,
    asked: { from: time(), to: Number.POSITIVE_INFINITY },
    isAccepted: false,
    chat,
    userMessageId: undefined,
    reruns: 0,
  }
  history.addQuestion(question)
  chat?.questions.push(question)
  chat?.asked.push(question.asked)
  const body = {
    content,
    clientMessageId,
    ...(attachments && { attachments }),
    ...(chat && { conversationId: chat.id }),
    ...(parentId !== undefined && { parentId }),
  }
  const ask = () => talker.client(owner).send(body)
  await startRun(talker, { question, chat, asks: random.chance(0.25) ? [ask, ask] : [ask] })
  return true
}

/** The parent of the next message: the head, the root, or any known message. */
function drawParent(random: Random, chat: Chat): string | null | undefined {
  if (random.chance(0.7)) return undefined
  if (random.chance(0.4)) return null
  return random.pick(messageIdsOf(chat))
}

/** Ids of messages that are known to be stored. */
export function messageIdsOf(chat: Chat): string[] {
  const ended = chat.runs.filter(({ endSeen }) => Number.isFinite(endSeen))
  return [
    ...chat.copied.map(({ id }) => id),
    ...chat.questions.flatMap(({ userMessageId, isAccepted }) => (isAccepted && userMessageId) || []),
    ...ended.map(({ messageId }) => messageId),
  ]
}

/** Asks again for a reply to a stored message: a retry, another one beside it, or one that continues it. */
export async function drawRerun(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const ended = random.pick(owner.chats)?.runs.filter(({ endSeen }) => Number.isFinite(endSeen)) ?? []
  const before = random.pick(ended)
  if (!before?.question) return false
  const { question, chat, views } = before
  const view = views.find(({ end }) => end)
  const status = view?.end?.status
  const isBroken = status !== 'completed' && status !== 'paused'
  const continued = isBroken && random.chance(0.6) ? before : undefined
  const body = {
    userMessageId: before.userMessageId,
    clientRunId: drawId(talker),
    ...(continued && { continueMessageId: continued.messageId }),
  }
  question.reruns++
  const continues = continued && view && { messageId: continued.messageId, parts: view.parts }
  const ask = () => talker.client(owner).retry(body)
  await startRun(talker, { question, chat, continues, asks: random.chance(0.2) ? [ask, ask] : [ask] })
  return true
}

interface Started {
  question: Question
  /** Absent if the run begins a conversation. */
  chat: Chat | undefined
  continues?: Continued | undefined
  /** Asked at once. Only one run may begin. */
  asks: readonly (() => Promise<TestStream>)[]
  /** Whether the requests differ, so that one of them is refused because of the other. */
  areRivals?: boolean
  /** Refusals that this kind of request may get besides, by their codes. */
  mayRefuse?: (code: string | undefined, asked: Span) => boolean
  what?: string
}

/**
 * Asks for a run until there is an answer, records it, and lets readers follow it. Resolves with the run, or with
 * `undefined` if it was refused.
 */
export async function startRun(
  talker: Talker,
  { question, chat, continues, asks, areRivals = false, mayRefuse, ...named }: Started,
): Promise<RunRecord | undefined> {
  const { random, history } = talker
  const asked = question.isAccepted ? { from: time(), to: Number.POSITIVE_INFINITY } : question.asked
  if (question.isAccepted) chat?.asked.push(asked)
  const streams = await talker.stubborn(() => askFor(asks))
  asked.to = time()
  const what = named.what ?? (question.isAccepted ? 'rerun' : 'send')
  for (const refusal of streams.filter(({ status }) => status !== 200))
    refused(talker, { what, stream: refusal, asked, owner: question.owner, chat, mayRefuse })
  // The run before may end between two requests. Then the first is refused, and the second is accepted.
  const [stream, ...others] = streams.filter(({ status }) => status === 200)
  if (!stream) return undefined
  talker.count(what, 200)
  for (const other of others) {
    if (startOf(other).runId !== startOf(stream).runId)
      history.violation(`${what} twice: ${other.raw.slice(0, 300)}`)
    await other.cut()
  }
  const begin = startOf(stream)
  for (const { raw } of areRivals ? [] : streams.filter(({ status }) => status !== 200))
    if (raw.includes(begin.runId))
      history.violation(`${what} was refused because of itself: ${raw.slice(0, 300)}`)
  const place = chat ?? new Chat(question.owner, { id: begin.conversationId, begun: asked })
  if (!chat) place.questions.push(question)
  if (place.id !== begin.conversationId) history.violation(`run ${begin.runId} is in another conversation`)
  if (!place.mayBeThere(asked))
    history.violation(`${what} was accepted, and conversation ${place.id} is gone`)
  if (!place.status.mayBe('OPEN', asked)) history.violation(`${what} was accepted by a closed conversation`)
  if (question.isAccepted && question.userMessageId !== begin.userMessageId)
    history.violation(`run ${begin.runId} answers another message`)
  question.isAccepted = true
  question.chat = place
  question.userMessageId = begin.userMessageId
  const known = history.runs.get(begin.runId)
  if (known) {
    history.violation(`run ${begin.runId} was started twice`)
    return undefined
  }
  const run: RunRecord = {
    runId: begin.runId,
    question,
    userMessageId: begin.userMessageId,
    messageId: begin.messageId,
    chat: place,
    accepted: { ...asked },
    views: [],
    stops: [],
    continues,
    decisions: [],
    endSeen: Number.POSITIVE_INFINITY,
  }
  history.runs.set(run.runId, run)
  place.runs.push(run)
  talker.followToEnd(run, stream)
  if (random.chance(0.15)) talker.inBackground(stop(talker, run, random.integer(150)))
  return run
}

async function askFor(asks: Started['asks']): Promise<TestStream[]> {
  const streams = await Promise.all(asks.map(ask => ask()))
  for (const stream of streams) {
    if (stream.status !== 200) await stream.closed
    if (stream.status < 500) continue
    await Promise.all(streams.map(each => each.cut()))
    throw new Error(`${stream.status} ${stream.raw}`)
  }
  return streams
}

/** A refusal must have a reason that the history knows. */
function refused(
  talker: Talker,
  {
    what,
    stream,
    asked,
    owner,
    chat,
    mayRefuse = () => false,
  }: {
    what: string
    stream: TestStream
    asked: Span
    owner: Owner
    chat: Chat | undefined
    mayRefuse?: Started['mayRefuse']
  },
): void {
  const code = /"code":"(\w+)"/.exec(stream.raw)?.[1]
  talker.count(what, stream.status)
  const isExplained =
    (code === 'NOT_FOUND' && (chat?.mayBeGone(asked) ?? owner.erased.mayBe(true, asked))) ||
    (code === 'CONVERSATION_CLOSED' && chat?.status.mayBe('CLOSED', asked)) ||
    (code === 'RUN_ACTIVE' && chat?.mayBeBusy(asked)) ||
    mayRefuse(code, asked)
  if (!isExplained) talker.history.violation(`${what}: ${stream.status} ${stream.raw.slice(0, 300)}`)
}

function startOf(stream: TestStream) {
  const event = stream.frames[0]?.event
  if (event?.type !== 'run-start' && event?.type !== 'snapshot') throw new Error(`no start in ${stream.raw}`)
  return event
}

/** Stops any run of the owner, also one that has ended long ago. */
export async function drawStop(talker: Talker): Promise<boolean> {
  const run = talker.random.pick(talker.random.pick(talker.owner.chats)?.runs ?? [])
  if (!run) return false
  await stop(talker, run, 0)
  return true
}

async function stop(talker: Talker, run: RunRecord, afterMs: number): Promise<void> {
  await delay(afterMs)
  const { history } = talker
  const stopped: RunRecord['stops'][number] = { from: time(), to: Number.POSITIVE_INFINITY }
  run.stops.push(stopped)
  const { deaths } = history
  const reply = await talker.ask('POST', `/api/chat/runs/${run.runId}/stop`, {
    client: talker.client(run.chat.owner),
    mine: run.chat.owner,
  })
  stopped.to = reply.to
  if (!talker.isDone('stop', reply, run.chat, { expected: 200, also: [202] })) return
  stopped.answer = reply.body
  const took = reply.to - reply.from
  const mayBeLate = history.deaths !== deaths || history.fullDisks > 0 || history.isTroubled(reply)
  if (took > BOUNDS.stop && !mayBeLate) history.violation(`Stop of ${run.runId} took ${Math.round(took)} ms`)
}
