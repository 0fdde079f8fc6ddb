import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openApprovalOf } from '../../../src/protocol/tools.ts'
import { type Chat, type DecisionRecord, type RunRecord, type Span, time } from '../history.ts'
import type { Talker } from '../talker.ts'
import { type Call, isCall, type View } from '../view.ts'
import { drawAnswers, type GivenAnswers } from './answering.ts'
import { drawId, startRun } from './sending.ts'

const CHOICES = ['approve', 'approve', 'decline', 'always'] as const
type Choice = (typeof CHOICES)[number]

/** What one request says of the calls. */
interface Said extends GivenAnswers {
  decisions: { approvalId: string; decision: Choice }[]
  choices: Map<string, Choice>
}

type Body = Pick<Said, 'decisions' | 'answers'>

/**
 * Decides about the calls of a paused run, whether or not anybody has before: once, twice at once, in two tabs that differ, or
 * with decisions for other calls than those that wait.
 */
export async function drawDecide(talker: Talker): Promise<boolean> {
  const { random, owner } = talker
  const paused = owner.chats.flatMap(({ runs }) => runs).filter(viewOfPause)
  const fresh = paused.filter(({ decisions }) => decisions.length === 0)
  const run = random.pick(random.chance(0.9) ? fresh : paused)
  if (run) await decideOnce(talker, run)
  return run !== undefined
}

/** Decides about a run that nobody has decided about, when nobody else does. It must still be possible. */
export async function decideAtLast(talker: Talker, run: RunRecord): Promise<void> {
  const found = foundIn(run)
  if (found) await decide(talker, { ...found, how: 'once' })
}

/** Whether a run still waits for somebody. */
export function isWaiting(run: RunRecord): boolean {
  const isDecided = run.decisions.some(({ isRefused }) => !isRefused)
  return viewOfPause(run) !== undefined && !isDecided && !isAskedSince(run.chat, run.accepted)
}

/** Mostly decides about a run that has just paused, in the background. */
export async function decideSoon(talker: Talker, run: RunRecord): Promise<void> {
  const { random } = talker
  if (random.chance(0.3)) return
  await delay(random.integer(200))
  await decideOnce(talker, run)
}

async function decideOnce(talker: Talker, run: RunRecord): Promise<void> {
  const found = foundIn(run)
  if (!found) return
  if (talker.random.chance(0.15)) await decideWrongly(talker, run, found.calls)
  else await decide(talker, found)
}

function foundIn(run: RunRecord): Found | undefined {
  const view = viewOfPause(run)
  return view && { run, view, calls: view.parts.filter(isCall).filter(({ status }) => status === 'waiting') }
}

/** What a reader saw who saw the pause. */
function viewOfPause({ views }: RunRecord): View | undefined {
  return views.find(({ end }) => end?.status === 'paused')
}

interface Found {
  run: RunRecord
  view: View
  calls: readonly Call[]
  how?: 'once' | 'twice' | 'in two tabs'
}

async function decide(talker: Talker, { run, view, calls, ...given }: Found): Promise<void> {
  const { random, history } = talker
  const { chat, question } = run
  if (!question) return
  const first = request(talker, run, { said: draw(talker, run, calls), clientRunId: drawId(talker) })
  const how = given.how ?? random.pick(['once', 'once', 'twice', 'in two tabs'] as const)
  // The other tab may decide the same, or otherwise.
  const other = request(talker, run, { said: draw(talker, run, calls), clientRunId: drawId(talker) })
  const all = how === 'in two tabs' ? [first, other] : [first]
  for (const { record } of all) history.given.push(...record.answers)
  const asks = how === 'twice' ? [first.ask, first.ask] : all.map(({ ask }) => ask)
  for (const { record } of all) run.decisions.push(record)
  const next = await startRun(talker, {
    what: 'decide',
    question,
    chat,
    continues: { messageId: run.messageId, parts: view.parts, isDecided: true },
    asks,
    areRivals: how === 'in two tabs',
    mayRefuse: (code, asked) => code === 'NOT_PENDING' && mayBeDecided(run, asked, all),
  })
  for (const { record } of all) record.to = time()
  // Of two nobody knows which one has begun the run. And a node that wakes up may still take what another one has refused.
  if (all.length > 1) return
  if (!next) first.record.isRefused = !history.isTroubled(first.record)
  for (const answer of first.record.answers) {
    if (next) answer.outcome = 'taken'
    else if (first.record.isRefused) answer.outcome = 'refused'
  }
}

/** Every set of decisions but one for each call that waits is refused, and changes nothing. */
async function decideWrongly(talker: Talker, run: RunRecord, calls: readonly Call[]): Promise<void> {
  const { decisions, answers } = draw(talker, run, calls)
  const unknown = { approvalId: randomUUID(), decision: 'approve' as const }
  const stray = { questionId: randomUUID(), action: 'accept' as const }
  const wrong: Body = talker.random.pick([
    { decisions: decisions.slice(1), answers: answers.slice(decisions.length > 0 ? 0 : 1) },
    { decisions: [...decisions, unknown], answers },
    { decisions: [...decisions.slice(1), unknown], answers: [...answers.slice(1), stray] },
    { decisions, answers: [...answers, stray] },
    { decisions: [...decisions, ...decisions], answers: [...answers, ...answers] },
  ])
  const { chat } = run
  const reply = await talker.ask('POST', `/api/chat/runs/${run.runId}/decisions`, {
    client: talker.client(chat.owner),
    mine: chat.owner,
    body: bodyOf(wrong),
  })
  talker.isDone('decide wrongly', reply, chat, { expected: 400, also: [409] })
}

function draw(talker: Talker, run: RunRecord, calls: readonly Call[]): Said {
  const choices = new Map<string, Choice>()
  const decisions = calls.flatMap(call => {
    const approvalId = openApprovalOf(call)
    if (approvalId === undefined) return []
    const decision = talker.random.pick(CHOICES)
    choices.set(call.callId, decision)
    return [{ approvalId, decision }]
  })
  return { decisions, choices, ...drawAnswers(talker, run.runId, calls) }
}

/** A list that is empty is left out. */
function bodyOf({ decisions, answers }: Body) {
  return { ...(decisions.length > 0 && { decisions }), ...(answers.length > 0 && { answers }) }
}

function request(talker: Talker, run: RunRecord, { said, clientRunId }: { said: Said; clientRunId: string }) {
  const record: DecisionRecord = {
    choices: said.choices,
    answers: said.records,
    from: time(),
    to: Number.POSITIVE_INFINITY,
    isRefused: false,
  }
  const ask = () => talker.client(run.chat.owner).decide(run.runId, { ...bodyOf(said), clientRunId })
  return { record, ask }
}

/** Whether something else may have decided: another request, or another run of the conversation. */
function mayBeDecided(run: RunRecord, asked: Span, own: readonly { record: DecisionRecord }[]): boolean {
  return (
    own.length > 1 ||
    run.decisions.some(record => own.every(each => each.record !== record) && !record.isRefused) ||
    isAskedSince(run.chat, run.accepted, asked)
  )
}

function isAskedSince(chat: Chat, accepted: Span, own?: Span): boolean {
  return chat.asked.some(each => each.from !== accepted.from && each !== own && each.to > accepted.from)
}
