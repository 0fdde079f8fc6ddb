import { looseText } from './looseText.ts'
import { mendedQuestion, type Question, type QuestionAction } from './questions.ts'
import { mendedFiles, type StoredFile } from './storedFiles.ts'

/**
 * How far a call of a tool is:
 * - **writing**: the model writes its arguments.
 * - **waiting**: a person has to decide whether it may run, or has to answer what the tool asks.
 * - **running**: it is stored that the tool is called. Whatever happens now, it may have had an effect.
 * - **completed**, **failed**: the tool has answered. A failure is an answer that the model reads.
 * - **denied**: a person decided against it. It never ran.
 * - **stopped**: the run ended first. If `attempt` is not 0, somebody stopped it, and it may have had an effect.
 * - **unknown**: the run ended while the tool worked, and nobody stopped it. It may have had an effect.
 */
export type ToolStatus = 'writing' | 'waiting' | 'running' | ToolEndStatus
export type ToolEndStatus = 'completed' | 'failed' | 'denied' | 'stopped' | 'unknown'

export interface ToolProgress {
  done: number
  total?: number
  message?: string
}

/** Which tool the model calls. */
export interface ToolCall {
  /** Names the call in its run, and in every later run that continues the message. */
  callId: string
  tool: string
  /** The MCP server that has the tool. Absent: a function of the host. */
  server?: string
  /** What people read in place of the name. */
  title?: string
  /** Which request to the model of the run made the call, counted from 1. Calls of one step run side by side. */
  step: number
}

export interface ToolState extends ToolCall {
  /** JSON as the model wrote it. It may not parse. */
  arguments: string
  status: ToolStatus
  /** How often the tool was called. 0: never. */
  attempt: number
  /** The last progress that the tool told. */
  progress?: ToolProgress
  /** What the tool answered, for the model and for people. Untrusted. */
  content?: string
  /** Whether `content` is only the beginning of the answer. */
  isTruncated?: boolean
  milliseconds?: number
  /** Pictures and other files that the tool gave. */
  files?: readonly StoredFile[]
  /** The decision that it waits for, or waited for. */
  approvalId?: string
  /** What the tool has asked the person, in its order. */
  questions?: Question[]
}

export interface ToolEnd {
  status: ToolEndStatus
  content?: string
  isTruncated?: boolean
  milliseconds?: number
  files?: readonly StoredFile[]
}

/** What changes a call after `tool-start`. */
export type ToolEvent =
  | { type: 'tool-delta'; callId: string; content: string }
  /** Stored for good before the tool is called. `arguments` are final. */
  | { type: 'tool-run'; callId: string; arguments: string; attempt: number }
  | ({ type: 'tool-progress'; callId: string } & ToolProgress)
  /** Stored before the model, or anybody else, sees the answer. */
  | ({ type: 'tool-end'; callId: string } & ToolEnd)
  /** `changed`: the tool is not the one that was approved before. */
  | {
      type: 'approval-start'
      callId: string
      approvalId: string
      arguments: string
      reason: 'asked' | 'changed'
    }
  | { type: 'approval-end'; callId: string; approvalId: string; decision: 'approved' | 'denied' }
  /** The tool asks the person something. Nobody answers it before it is stored. */
  | ({ type: 'question-start'; callId: string } & Omit<Question, 'action'>)
  | { type: 'question-end'; callId: string; questionId: string; action: QuestionAction }

/** The call after an event. */
export function foldToolEvent<Call extends ToolState>(call: Call, event: ToolEvent): Call {
  switch (event.type) {
    case 'tool-delta':
      return { ...call, arguments: call.arguments + event.content }
    case 'tool-run':
      return { ...call, arguments: event.arguments, attempt: event.attempt, status: 'running' }
    case 'tool-progress': {
      const { type: _, callId: _id, ...progress } = event
      return { ...call, progress }
    }
    case 'tool-end': {
      const { progress: _, ...rest } = call
      const { type: _type, callId: _id, ...end } = event
      return { ...(rest as Call), ...end }
    }
    case 'approval-start':
      return { ...call, arguments: event.arguments, approvalId: event.approvalId, status: 'waiting' }
    case 'approval-end':
      return event.decision === 'denied' ? { ...call, status: 'denied' } : call
    case 'question-start': {
      const { type: _, callId: _id, ...question } = event
      return { ...call, questions: [...(call.questions ?? []), question], status: 'waiting' }
    }
    case 'question-end': {
      const questions = (call.questions ?? []).map(each =>
        each.questionId === event.questionId ? { ...settled(each), action: event.action } : each,
      )
      const isAnswered = questions.every(({ action }) => action !== undefined)
      return { ...call, questions, ...(isAnswered && { status: 'running' as const }) }
    }
  }
}

/** A question that nobody answers any more: without its form, and without an address that may say more than others should read. */
function settled({ questionId, mode, message, action }: Question): Question {
  return { questionId, mode, message, ...(action && { action }) }
}

/** What a call waits for from a person, besides a decision. */
export function openQuestionsOf({
  status,
  questions = [],
}: Pick<ToolState, 'status' | 'questions'>): Question[] {
  return status === 'waiting' ? questions.filter(({ action }) => action === undefined) : []
}

/** The decision that a call waits for. */
export function openApprovalOf(call: ToolState): string | undefined {
  return call.status === 'waiting' && openQuestionsOf(call).length === 0 ? call.approvalId : undefined
}

const STATUSES: readonly string[] = [
  'writing',
  'waiting',
  'running',
  'completed',
  'failed',
  'denied',
  'stopped',
  'unknown',
] satisfies ToolStatus[]

/** A stored call with fields of the right types, whatever is stored. What is wrong and may be absent is left out. */
export function mendedCall<Call extends ToolState>(call: Call): Call {
  const {
    server,
    title,
    progress,
    content,
    isTruncated,
    milliseconds,
    files,
    approvalId,
    questions,
    ...rest
  } = call
  const { done, total, message } = progress ?? {}
  const mended = {
    ...(rest as unknown as Call),
    callId: looseText(call.callId),
    tool: looseText(call.tool),
    arguments: looseText(call.arguments),
    step: Number.isFinite(call.step) ? call.step : 1,
    attempt: Number.isFinite(call.attempt) ? call.attempt : 0,
    status: STATUSES.includes(call.status) ? call.status : 'unknown',
    ...(typeof server === 'string' && { server }),
    ...(typeof title === 'string' && { title }),
    ...(typeof content === 'string' && { content }),
    ...(isTruncated === true && { isTruncated }),
    ...(Number.isFinite(milliseconds) && { milliseconds }),
    ...(typeof approvalId === 'string' && { approvalId }),
    ...(Array.isArray(files) && { files: mendedFiles(files) }),
    ...(Array.isArray(questions) && { questions: mendedQuestions(questions) }),
    ...(Number.isFinite(done) && {
      progress: {
        done: Number(done),
        ...(Number.isFinite(total) && { total }),
        ...(typeof message === 'string' && { message }),
      },
    }),
  }
  const { progress: _, ...facts } = call
  return isEqual({ ...mended, progress: undefined }, { ...facts, progress: undefined }) &&
    isEqual(mended.progress ?? {}, progress ?? {})
    ? call
    : mended
}

/** The same list if nothing is wrong with it. */
function mendedQuestions(questions: Question[]): Question[] {
  const mended = questions.flatMap(each => mendedQuestion(each) ?? [])
  return JSON.stringify(mended) === JSON.stringify(questions) ? questions : mended
}

/** Whether two objects have the same values under the same names. */
function isEqual(one: object, other: object): boolean {
  const fields = Object.entries(one)
  const others = other as Record<string, unknown>
  return (
    fields.length === Object.keys(other).length &&
    fields.every(([name, value]) => Object.hasOwn(other, name) && others[name] === value)
  )
}

/** Whether nothing has decided yet how the call ends. */
export function isOpenCall({ status }: { status: ToolStatus }): boolean {
  return status === 'writing' || status === 'waiting' || status === 'running'
}

/** Whether a call that has not ended well ran before. */
export function mayHaveHappened({ status, attempt }: Pick<ToolState, 'status' | 'attempt'>): boolean {
  return status === 'unknown' || (status === 'stopped' && attempt > 0)
}

/**
 * A call after the end of its run. A paused run leaves it waiting. Otherwise a call that ran is `unknown`, or `stopped` if
 * somebody stopped it, and one that never ran is `stopped`.
 */
export function closeCall<Call extends ToolState>(call: Call, runStatus: string): Call {
  if (!isOpenCall(call) || runStatus === 'paused') return call
  const status = call.attempt > 0 && runStatus !== 'stopped' ? 'unknown' : 'stopped'
  const { progress: _, questions, ...rest } = call
  return { ...(rest as unknown as Call), ...(questions && { questions: questions.map(settled) }), status }
}
