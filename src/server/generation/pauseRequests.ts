import type { ContentEvent } from '../../protocol/events.ts'
import type { QuestionAction } from '../../protocol/questions.ts'
import type { ToolState } from '../../protocol/tools.ts'
import type { EventLog } from '../log/eventLog.ts'
import type { KeptItem } from './provider.ts'
import type {
  ApprovalRequest,
  Approvals,
  AskPerson,
  LiveQuestions,
  PauseRequest,
  PersonAnswer,
  QuestionsRequest,
  Tool,
  ToolQuestion,
} from './tools.ts'

interface Called {
  call: ToolState
  tool: Tool
}

/** A call that asked a person something. */
export interface AskingCall extends Called {
  asked: AskPerson
}

export interface AskOptions {
  log: EventLog
  approvals: Approvals
  liveQuestions: LiveQuestions
  createId: () => string
}

interface Asking {
  callId: string
  question: ToolQuestion
  /** Aborts when the call ends, however it ends. */
  call: AbortSignal
  /** Aborts when the run ends. Then nothing is told any more. */
  run: AbortSignal
}

/**
 * Asks the person while a call goes on. The end of the call cancels the question, and readers are told before they see that end.
 * Rejects then.
 */
export async function askNow(
  { log, liveQuestions, createId }: AskOptions,
  { callId, question, call, run }: Asking,
): Promise<PersonAnswer> {
  const { runId, conversationId } = log.start
  const asked = { ...question, questionId: createId() }
  const { questionId } = asked
  let isShown = false
  const onStored = () => {
    if (call.aborted) return
    isShown = true
    log.append({ type: 'question-start', callId, ...shownQuestion(asked) })
  }
  const close = (action: QuestionAction) => {
    if (isShown && !run.aborted) log.append({ type: 'question-end', callId, questionId, action })
  }
  try {
    const of = { runId, conversationId, ownerId: log.ownerId }
    const answer = await liveQuestions.ask(of, asked, { signal: call, onStored })
    close(answer.action)
    return answer
  } catch (error) {
    close('cancel')
    throw error
  }
}

/**
 * Stores what a person has to decide and to answer, and then shows it. `asking`: calls that the person decides about. `kept`: as
 * `ReplySoFar` has it. Throws `STORAGE_UNAVAILABLE`.
 */
export async function pause(
  { log, approvals, createId }: AskOptions,
  {
    asking,
    asked,
    reason,
    kept,
    signal,
  }: {
    asking: readonly Called[]
    asked: readonly AskingCall[]
    reason: 'asked' | 'changed'
    kept: ReadonlyMap<number, readonly KeptItem[]>
    signal: AbortSignal
  },
): Promise<void> {
  const requests = [
    ...asking.map(each => approvalOf(each, createId)),
    ...asked.map(each => questionsOf(each, createId)),
  ]
  if (requests.length === 0) return
  const { runId, conversationId, messageId } = log.start
  const run = { runId, conversationId, messageId, ownerId: log.ownerId, kept: JSON.stringify([...kept]) }
  await approvals.ask(run, requests)
  if (signal.aborted) return
  for (const request of requests) for (const event of eventsOf(request, reason)) log.append(event)
}

/** May this call run with these arguments? */
function approvalOf({ call, tool }: Called, createId: () => string): ApprovalRequest {
  return {
    approvalId: createId(),
    callId: call.callId,
    tool: tool.name,
    digest: tool.digest,
    arguments: call.arguments,
  }
}

/** What a call asks the person, with what it needs to go on. */
function questionsOf({ call, tool, asked }: AskingCall, createId: () => string): QuestionsRequest {
  const { questions, state } = asked
  return {
    callId: call.callId,
    tool: tool.name,
    digest: tool.digest,
    state,
    questions: questions.map(each => ({ ...each, questionId: createId() })),
  }
}

/** What readers see of it. */
function eventsOf(request: PauseRequest, reason: 'asked' | 'changed'): ContentEvent[] {
  const { callId } = request
  if ('questions' in request)
    return request.questions.map(each => ({ type: 'question-start', callId, ...shownQuestion(each) }))
  const { approvalId, arguments: args } = request
  return [{ type: 'approval-start', approvalId, callId, arguments: args, reason }]
}

/** What people see of a question. How the server wants them to sign in is not for them. */
function shownQuestion({ questionId, mode, message, fields, url }: ToolQuestion & { questionId: string }) {
  return {
    questionId,
    mode,
    message,
    ...(fields !== undefined && { fields }),
    ...(url !== undefined && { url }),
  }
}
