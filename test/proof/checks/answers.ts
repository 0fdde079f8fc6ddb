import type { Effect } from '../effect.ts'
import type { AnswerRecord, History } from '../history.ts'
import type { StoredCall } from './storedCalls.ts'
import type { StoredRows } from './storedRows.ts'

/**
 * How what tools asked, and what they did after an answer, differs from what people answered. An answer acts once, the one that was
 * taken counts, and a question that nobody can answer any more says so.
 */
export async function wrongAnswers(
  {
    history,
    effects,
    stored,
  }: { history: History; effects: readonly Effect[]; stored: readonly StoredCall[] },
  rows: StoredRows,
): Promise<string[]> {
  const left = await rows.all(
    `select live_questions.id from live_questions join runs on runs.id = live_questions.run_id
     where runs.status <> 'active'`,
  )
  const uses = effects.flatMap(({ callId, values = [] }) => values.map(value => ({ callId, value })))
  const byCall = Map.groupBy(stored, ({ call }) => call.callId)
  return [
    ...left.map(({ id }) => `question ${id} is kept, and its run has ended`),
    ...stored.flatMap(each => wrongQuestions(each, history)),
    ...[...Map.groupBy(uses, ({ value }) => value)].flatMap(([value, { length }]) =>
      length > 1 ? [`the answer ${value} acted ${length} times`] : [],
    ),
    ...uses.flatMap(use => wrongUse(use, history)),
    ...[...Map.groupBy(history.given, ({ questionId }) => questionId).values()].flatMap(answers =>
      wrongOutcome(answers, { history, effects, states: byCall.get(answers[0]?.callId ?? '') ?? [] }),
    ),
  ]
}

/** Only a paused run leaves a question open, and only what people answered is told as their answer. */
function wrongQuestions({ call, messageId, runStatus }: StoredCall, { given }: History): string[] {
  return (call.questions ?? []).flatMap(({ questionId, action, fields, url }) => {
    const what = `question ${questionId} of message ${messageId}`
    const isOpen = fields !== undefined || url !== undefined
    if (isOpen && (runStatus !== 'paused' || action !== undefined))
      return [`${what} is open, its call is ${call.status}, and its run ${runStatus}`]
    const isSaid = given.some(
      each => each.questionId === questionId && each.action === action && each.outcome !== 'refused',
    )
    // A call that ends cancels what it asked.
    if (action === undefined || action === 'cancel' || isSaid) return []
    return [`${what} is told as ${action}, which nobody answered`]
  })
}

/** A tool gets what people answered to its own question, and accepted. */
function wrongUse({ callId, value }: { callId: string; value: string }, { given }: History): string[] {
  const answer = given.find(each => each.value === value)
  if (!answer) return [`call ${callId} got the answer ${value}, which nobody gave`]
  const isRight = answer.callId === callId && answer.action === 'accept' && answer.outcome !== 'refused'
  return isRight ? [] : [`call ${callId} got the answer ${value}: ${JSON.stringify(answer)}`]
}

interface Known {
  history: History
  effects: readonly Effect[]
  /** Of the call that asked. */
  states: readonly StoredCall[]
}

/** One answer to a question is taken at most, and only a reason lets all be refused. */
function wrongOutcome(answers: readonly AnswerRecord[], { history, effects, states }: Known): string[] {
  const { questionId, callId, runId } = answers[0] as AnswerRecord
  const run = history.runs.get(runId)
  const taken = answers.filter(({ outcome }) => outcome === 'taken')
  if (taken.length > 1) return [`question ${questionId} took ${taken.length} answers`]
  const own = effects.filter(effect => effect.callId === callId)
  const [one] = taken
  const isOther = ({ value }: AnswerRecord) => own.some(({ values = [] }) => values.includes(value))
  const lost = one && answers.some(each => each !== one && isOther(each))
  if (lost) return [`question ${questionId} took an answer, and its call got another`]
  const mayDie = history.deaths > 0 || history.fullDisks > 0 || history.troubles.length > 0
  // A call that is late by the clock of the server ends too.
  const mayEnd = mayDie || history.jumps.length > 0 || !run || run.stops.length > 0 || run.chat.wasEverGone
  const hasGivenUp = own.some(each => each.hasGivenUp)
  const isPaused = run?.views.some(({ end }) => end?.status === 'paused')
  const areAllRefused = answers.every(({ outcome }) => outcome === 'refused')
  if (areAllRefused && !mayEnd && !hasGivenUp && !isPaused)
    return [`question ${questionId} was shown, and nobody could answer it`]
  if (!one || mayEnd || hasGivenUp) return []
  const told = states
    .flatMap(({ call }) => call.questions ?? [])
    .filter(each => each.questionId === questionId)
  const isTold = told.length === 0 || told.some(({ action }) => action === one.action)
  return isTold ? [] : [`question ${questionId} took ${one.action}, and is told as ${JSON.stringify(told)}`]
}
