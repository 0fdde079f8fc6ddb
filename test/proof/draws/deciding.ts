import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../../harness/random.ts'
import { type Chat, type DecisionRecord, type RunRecord, type Span, time } from '../history.ts'
import type { Talker } from '../talker.ts'
import { type Call, isCall, type View } from '../view.ts'
import { drawId, startRun } from './sending.ts'

const CHOICES = ['approve', 'approve', 'decline', 'always'] as const
type Choice = (typeof CHOICES)[number]

/** What one request says of the calls. */
interface Said {
  decisions: { approvalId: string; decision: Choice }[]
  choices: Map<string, Choice>
}

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

/** Mostly decides about a run that has just paused, in the background. */
export async function decideSoon(talker: Talker, run: RunRecord): Promise<void> {
  const { random } = talker
  if (random.chance(0.3)) return
  await delay(random.integer(200))
  await decideOnce(talker, run)
}

async function decideOnce(talker: Talker, run: RunRecord): Promise<void> {
  const view = viewOfPause(run)
  if (!view) return
  const calls = view.parts.filter(isCall).filter(({ status }) => status === 'waiting')
  if (talker.random.chance(0.15)) await decideWrongly(talker, run, calls)
  else await decide(talker, { run, view, calls })
}

/** What a reader saw who saw the pause. */
function viewOfPause({ views }: RunRecord): View | undefined {
  return views.find(({ end }) => end?.status === 'paused')
}

interface Found {
  run: RunRecord
  view: View
  calls: readonly Call[]
}

async function decide(talker: Talker, { run, view, calls }: Found): Promise<void> {
  const { random, history } = talker
  const { chat, question } = run
  if (!question) return
  const first = request(talker, run, { said: draw(random, calls), clientRunId: drawId(talker) })
  const how = random.pick(['once', 'once', 'twice', 'in two tabs'] as const)
  // The other tab may decide the same, or otherwise.
  const other = request(talker, run, { said: draw(random, calls), clientRunId: drawId(talker) })
  const all = how === 'in two tabs' ? [first, other] : [first]
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
  if (all.length === 1 && !next) first.record.isRefused = !history.isTroubled(first.record)
}

/** Every set of decisions but one for each call that waits is refused, and changes nothing. */
async function decideWrongly(talker: Talker, run: RunRecord, calls: readonly Call[]): Promise<void> {
  const { decisions } = draw(talker.random, calls)
  const unknown = { approvalId: randomUUID(), decision: 'approve' }
  const wrong = talker.random.pick([
    decisions.slice(1),
    [...decisions, unknown],
    [...decisions.slice(1), unknown],
    [...decisions, ...decisions],
  ])
  const { chat } = run
  const reply = await talker.ask('POST', `/api/chat/runs/${run.runId}/decisions`, {
    client: talker.client(chat.owner),
    mine: chat.owner,
    body: { decisions: wrong },
  })
  talker.isDone('decide wrongly', reply, chat, { expected: 400, also: [409] })
}

function draw(random: Random, calls: readonly Call[]): Said {
  const choices = new Map<string, Choice>()
  const decisions = calls.map(({ callId, approvalId = '' }) => {
    const decision = random.pick(CHOICES)
    choices.set(callId, decision)
    return { approvalId, decision }
  })
  return { decisions, choices }
}

function request(talker: Talker, run: RunRecord, { said, clientRunId }: { said: Said; clientRunId: string }) {
  const record: DecisionRecord = {
    choices: said.choices,
    from: time(),
    to: Number.POSITIVE_INFINITY,
    isRefused: false,
  }
  const ask = () =>
    talker.client(run.chat.owner).decide(run.runId, { decisions: said.decisions, clientRunId })
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

function isAskedSince(chat: Chat, accepted: Span, own: Span): boolean {
  return chat.asked.some(each => each.from !== accepted.from && each !== own && each.to > accepted.from)
}
