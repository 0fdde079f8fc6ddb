import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openQuestionsOf } from '../../../src/protocol/tools.ts'
import { FIELD } from '../askingTools.ts'
import type { AnswerRecord, RunRecord } from '../history.ts'
import { secretOf, type Talker } from '../talker.ts'
import { type Call, isCall, type View } from '../view.ts'
import { drawId } from './sending.ts'

/** What one request says to questions. */
export interface GivenAnswers {
  records: AnswerRecord[]
  answers: { questionId: string; action: AnswerRecord['action']; values?: Record<string, string> }[]
}

/** Answers all open questions of these calls, each with words of its own. */
export function drawAnswers(talker: Talker, runId: string, calls: readonly Call[]): GivenAnswers {
  const records = calls.flatMap(call =>
    openQuestionsOf(call).map(({ questionId }) => ({
      runId,
      callId: call.callId,
      questionId,
      action: talker.random.pick(['accept', 'accept', 'accept', 'decline', 'cancel'] as const),
      value: secretOf(drawId(talker)),
    })),
  )
  const answers = records.map(({ questionId, action, value }) => ({
    questionId,
    action,
    ...(action === 'accept' && { values: { [FIELD]: value } }),
  }))
  return { records, answers }
}

/** Mostly answers what a running call asks, soon: once, twice, or in two tabs that differ. Each question is noticed once. */
export function answerSoon(talker: Talker, run: RunRecord, { parts }: View): void {
  const { history, random } = talker
  const asking = parts.filter(isCall).filter(({ tool }) => tool === 'indaga')
  for (const call of asking) {
    for (const { questionId } of openQuestionsOf(call)) {
      if (history.noticed.has(questionId)) continue
      history.noticed.add(questionId)
      if (random.chance(0.85)) talker.inBackground(answer(talker, run, call))
    }
  }
}

async function answer(talker: Talker, run: RunRecord, call: Call): Promise<void> {
  const { random } = talker
  await delay(random.integer(250))
  if (random.chance(0.15)) await answerWrongly(talker, run, call)
  const first = drawAnswers(talker, run.runId, [call])
  const how = random.pick(['once', 'once', 'twice', 'in two tabs'] as const)
  const second = how === 'in two tabs' ? drawAnswers(talker, run.runId, [call]) : first
  await Promise.all((how === 'once' ? [first] : [first, second]).map(each => give(talker, run, each)))
}

async function give(talker: Talker, run: RunRecord, { records, answers }: GivenAnswers): Promise<void> {
  const { history } = talker
  const { chat } = run
  for (const record of records) if (!history.given.includes(record)) history.given.push(record)
  const reply = await post(talker, run, answers)
  const isTaken = talker.isDone('answer', reply, chat, { expected: 204, also: [409] })
  // One of two requests that say the same is refused because of the other.
  const isKnown = reply.attempts === 1 && !history.isTroubled(reply)
  for (const record of records) {
    if (isTaken) record.outcome = 'taken'
    else if (isKnown) record.outcome ??= 'refused'
  }
}

/** What answers another question, or has other fields, is refused, and changes nothing. */
async function answerWrongly(talker: Talker, run: RunRecord, call: Call): Promise<void> {
  const { answers } = drawAnswers(talker, run.runId, [call])
  const wrong = talker.random.pick([
    answers.map(each => ({ ...each, questionId: randomUUID() })),
    answers.map(each => ({ ...each, action: 'accept' as const, values: { outro: 'campo' } })),
    [...answers, { questionId: randomUUID(), action: 'accept' as const }],
  ])
  const reply = await post(talker, run, wrong)
  talker.isDone('answer wrongly', reply, run.chat, { expected: 400, also: [409] })
}

function post(talker: Talker, { runId, chat }: RunRecord, answers: GivenAnswers['answers']) {
  return talker.ask('POST', `/api/chat/runs/${runId}/answers`, {
    client: talker.client(chat.owner),
    mine: chat.owner,
    body: { answers },
  })
}
