import { RiachoError } from '../../protocol/errors.ts'
import { type FieldValues, problemOf, type Question } from '../../protocol/questions.ts'
import type { AnswersRequest, DecisionsRequest } from '../../protocol/requests.ts'
import type {
  Answered,
  ApprovalRequest,
  Decision,
  PauseRequest,
  PersonAnswer,
  QuestionsRequest,
} from '../generation/tools.ts'

type Given = Pick<DecisionsRequest, 'decisions' | 'answers'>
type GivenAnswer = AnswersRequest['answers'][number]

export function isApproval(request: PauseRequest): request is ApprovalRequest {
  return 'approvalId' in request
}

/**
 * Binds decisions to the calls that were shown, with their arguments and tools, and answers to the questions of calls. Throws
 * `INVALID_REQUEST` unless there is one for each, and for values that a form does not take.
 */
export function bindDecisions(
  requests: readonly PauseRequest[],
  { decisions: given = [], answers = [] }: Given,
): { decisions: Decision[]; answered: Answered[] } {
  const approvals = requests.filter(isApproval)
  const asking = requests.filter(each => !isApproval(each)) as QuestionsRequest[]
  const chosen = new Map(given.map(each => [each.approvalId, each.decision]))
  const decisions = approvals.flatMap(({ approvalId, callId, digest }) => {
    const decision = chosen.get(approvalId)
    return decision ? [{ approvalId, callId, digest, isApproved: decision !== 'decline' }] : []
  })
  if (decisions.length !== approvals.length || given.length !== approvals.length)
    refuse(['decisions: expected one for each call that waits'])
  const byId = new Map(answers.map(each => [each.questionId, each]))
  const questions = asking.flatMap(each => each.questions)
  if (answers.length !== questions.length || !questions.every(({ questionId }) => byId.has(questionId)))
    refuse(['answers: expected one for each question that waits'])
  return { decisions, answered: asking.map(request => bindAnswers(request, byId)) }
}

function bindAnswers(
  { callId, digest, state, questions }: QuestionsRequest,
  given: ReadonlyMap<string, GivenAnswer>,
): Answered {
  return {
    callId,
    digest,
    state,
    questionIds: questions.map(({ questionId }) => questionId),
    isSignIn: questions.every(({ mode }) => mode === 'sign-in'),
    answers: questions.map(question =>
      answerTo(
        question,
        given.get(question.questionId) ?? { questionId: question.questionId, action: 'cancel' },
      ),
    ),
  }
}

/** What a person says to a question. Throws `INVALID_REQUEST` for values that the form does not take. */
export function answerTo(
  { mode, fields = [] }: Pick<Question, 'mode' | 'fields'>,
  { action, values = {} }: GivenAnswer,
): PersonAnswer {
  if (action !== 'accept' || mode !== 'form') return { action }
  const names = fields.map(({ name }) => name)
  const problems = [
    ...Object.keys(values).flatMap(name => (names.includes(name) ? [] : `${name}: is no field`)),
    ...fields.flatMap(field => {
      const problem = problemOf(field, valueIn(values, field.name))
      return problem === undefined ? [] : `${field.name}: ${problem}`
    }),
  ]
  if (problems.length > 0) refuse(problems.map(problem => `answers: ${problem}`))
  return { action, values }
}

function valueIn(values: FieldValues, name: string) {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function refuse(issues: string[]): never {
  throw new RiachoError('INVALID_REQUEST', 'answers to other questions', { issues })
}
