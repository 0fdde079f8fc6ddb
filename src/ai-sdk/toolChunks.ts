import type { DynamicToolUIPart, UIMessageChunk } from 'ai'
import type { Part } from '../protocol/parts.ts'
import type { Question } from '../protocol/questions.ts'
import { openApprovalOf, type ToolEvent, type ToolState } from '../protocol/tools.ts'

type Call = Part & { type: 'tool' }
type ToolChunk = Extract<UIMessageChunk, { type: `tool-${string}` }> | QuestionPart

interface QuestionPart {
  type: 'data-riacho-question'
  id: string
  data: ToolQuestion
}

/** What a tool asks the person. `action` says what was answered. Without it the call waits, unless it has ended. */
export type ToolQuestion = Question & { toolCallId: string }

/** A call as a part of a message of the AI SDK. Riacho makes the call, so that the page must not. */
export function toToolPart(call: Call): DynamicToolUIPart {
  const { callId: toolCallId, tool: toolName, title } = call
  const base = {
    type: 'dynamic-tool',
    toolName,
    toolCallId,
    providerExecuted: true,
    ...(title !== undefined && { title }),
  } as const
  const input = inputOf(call)
  switch (call.status) {
    case 'writing':
      return { ...base, state: 'input-streaming', input: undefined }
    case 'waiting': {
      const id = openApprovalOf(call)
      return id === undefined
        ? { ...base, state: 'input-available', input }
        : { ...base, state: 'approval-requested', input, approval: { id } }
    }
    case 'running':
      return { ...base, state: 'input-available', input }
    case 'completed':
      return { ...base, state: 'output-available', input, output: call.content ?? '' }
    case 'denied':
      return {
        ...base,
        state: 'output-denied',
        input,
        approval: { id: call.approvalId ?? '', approved: false },
      }
    case 'failed':
    case 'stopped':
    case 'unknown':
      return { ...base, state: 'output-error', input, errorText: call.content ?? call.status }
  }
}

/** What a call has asked. The AI SDK has no questions of tools, so that each is a part of its own. */
export function questionParts({ callId: toolCallId, questions = [] }: ToolState): QuestionPart[] {
  return questions.map(question => ({
    type: 'data-riacho-question',
    id: question.questionId,
    data: { toolCallId, ...question },
  }))
}

/** The chunks that bring a call as it is to a message that does not have it. */
export function* chunksOfCall(call: Call): Generator<ToolChunk> {
  const { callId: toolCallId, tool: toolName, title, status, approvalId = '' } = call
  yield {
    type: 'tool-input-start',
    toolCallId,
    toolName,
    dynamic: true,
    providerExecuted: true,
    ...(title !== undefined && { title }),
  }
  if (status === 'writing') {
    if (call.arguments !== '') yield { type: 'tool-input-delta', toolCallId, inputTextDelta: call.arguments }
    return
  }
  yield inputAvailable(call)
  yield* questionParts(call)
  if (approvalId !== '') yield { type: 'tool-approval-request', approvalId, toolCallId }
  if (status === 'denied' && approvalId !== '')
    yield { type: 'tool-approval-response', approvalId, approved: false, providerExecuted: true }
  yield* endOf(call)
}

/** The chunks of one event. `call` is the call after it. */
export function* chunksOfEvent(event: ToolEvent, call: Call): Generator<ToolChunk> {
  const { callId: toolCallId } = call
  switch (event.type) {
    case 'tool-delta':
      yield { type: 'tool-input-delta', toolCallId, inputTextDelta: event.content }
      break
    case 'tool-run':
      yield inputAvailable(call)
      break
    case 'tool-progress':
      break
    case 'question-start':
    case 'question-end':
      // In the AI SDK a part takes the place of the one with the same id.
      yield* questionParts(call).filter(({ id }) => id === event.questionId)
      break
    case 'tool-end':
      // A call that never ran was only written so far.
      if (call.attempt === 0) yield inputAvailable(call)
      yield* endOf(call)
      break
    case 'approval-start':
      yield inputAvailable(call)
      yield { type: 'tool-approval-request', approvalId: event.approvalId, toolCallId }
      break
    case 'approval-end': {
      const { approvalId, decision } = event
      const approved = decision === 'approved'
      yield { type: 'tool-approval-response', approvalId, approved, providerExecuted: true }
      break
    }
  }
}

/** The chunk that says how a call ended, if it has. */
export function* endOf(call: ToolState): Generator<ToolChunk> {
  const { callId: toolCallId, status, content } = call
  const made = { toolCallId, dynamic: true, providerExecuted: true } as const
  if (status === 'completed') yield { type: 'tool-output-available', ...made, output: content ?? '' }
  else if (status === 'denied') yield { type: 'tool-output-denied', toolCallId }
  else if (status === 'failed' || status === 'stopped' || status === 'unknown')
    yield { type: 'tool-output-error', ...made, errorText: content ?? status }
}

function inputAvailable(call: ToolState): ToolChunk {
  return {
    type: 'tool-input-available',
    toolCallId: call.callId,
    toolName: call.tool,
    input: inputOf(call),
    dynamic: true,
    providerExecuted: true,
  }
}

/** The arguments as the page of the AI SDK wants them. Text that is no JSON stays as it is. */
function inputOf({ arguments: text }: ToolState): unknown {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return text
  }
}
