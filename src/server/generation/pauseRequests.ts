import type { ContentEvent } from '../../protocol/events.ts'
import type { ToolState } from '../../protocol/tools.ts'
import type {
  ApprovalRequest,
  AskPerson,
  PauseRequest,
  QuestionsRequest,
  Tool,
  ToolQuestion,
} from './tools.ts'

interface Called {
  call: ToolState
  tool: Tool
}

/** May this call run with these arguments? */
export function approvalOf({ call, tool }: Called, createId: () => string): ApprovalRequest {
  return {
    approvalId: createId(),
    callId: call.callId,
    tool: tool.name,
    digest: tool.digest,
    arguments: call.arguments,
  }
}

/** What a call asks the person, with what it needs to go on. */
export function questionsOf(
  { call, tool }: Called,
  { questions, state }: AskPerson,
  createId: () => string,
): QuestionsRequest {
  return {
    callId: call.callId,
    tool: tool.name,
    digest: tool.digest,
    state,
    questions: questions.map(each => ({ ...each, questionId: createId() })),
  }
}

/** What readers see of it. */
export function eventsOf(request: PauseRequest, reason: 'asked' | 'changed'): ContentEvent[] {
  const { callId } = request
  if ('questions' in request)
    return request.questions.map(each => ({ type: 'question-start', callId, ...shownQuestion(each) }))
  const { approvalId, arguments: args } = request
  return [{ type: 'approval-start', approvalId, callId, arguments: args, reason }]
}

/** What people see of a question. How the server wants them to sign in is not for them. */
export function shownQuestion({
  questionId,
  mode,
  message,
  fields,
  url,
}: ToolQuestion & { questionId: string }) {
  return {
    questionId,
    mode,
    message,
    ...(fields !== undefined && { fields }),
    ...(url !== undefined && { url }),
  }
}
