import type { Part } from '../../protocol/parts.ts'
import type { ToolState } from '../../protocol/tools.ts'
import type { EventLog } from '../log/eventLog.ts'
import type { Answered, AnsweredQuestions, Decision, Tool } from './tools.ts'

const NOT_SIGNED_IN = 'The person did not sign in. The call had no effect.'
const SIGNED_IN = 'The person has signed in. The tools of the server can be called now.'
const CHANGED =
  'The tool has changed since it asked the person, so the answer was not sent. It may have had a part of its effect.'

/** A call that may run now. */
export interface ReadyCall {
  call: ToolState
  tool: Tool
  args: Record<string, unknown>
  /** What a person has answered, if it goes on after questions. */
  answered?: AnsweredQuestions
}

export interface ResumedCallsOptions {
  log: EventLog
  decisions: readonly Decision[]
  answered: readonly Answered[]
  toolOf: (name: string) => Tool | undefined
  /** As `Steps` prepares a call: if it cannot run, it ends. */
  prepare: (call: ToolState) => ReadyCall | undefined
}

/**
 * The calls of a paused message, with what a person has decided and answered. `ready`: they run. `asking`: the person decides
 * again, because the tool has changed. All others end here.
 */
export function resumeCalls(options: ResumedCallsOptions): { ready: ReadyCall[]; asking: ReadyCall[] } {
  const { decisions, answered } = options
  const ready: ReadyCall[] = []
  const asking: ReadyCall[] = []
  for (const decision of decisions) {
    const call = decide(options, decision)
    if (!call) continue
    // The person approved another tool than the one that has this name now.
    if (call.tool.digest === decision.digest) ready.push(call)
    else asking.push(call)
  }
  ready.push(...answered.flatMap(each => goOn(options, each) ?? []))
  return { ready, asking }
}

/** The call, if a person has approved it and it can run. */
function decide({ log, prepare }: ResumedCallsOptions, decision: Decision): ReadyCall | undefined {
  const { callId, approvalId, isApproved } = decision
  const call = callOf(log, callId)
  if (!call) return undefined
  log.append({ type: 'approval-end', callId, approvalId, decision: isApproved ? 'approved' : 'denied' })
  if (isApproved) return prepare(call)
  log.append({ type: 'tool-end', callId, status: 'denied' })
  return undefined
}

/** The call that goes on with these answers. A call that cannot go on ends here. */
function goOn({ log, toolOf, prepare }: ResumedCallsOptions, answered: Answered): ReadyCall | undefined {
  const { callId, questionIds, answers, isSignIn, digest } = answered
  for (const [at, questionId] of questionIds.entries()) {
    const { action = 'cancel' } = answers[at] ?? {}
    log.append({ type: 'question-end', callId, questionId, action })
  }
  const call = callOf(log, callId)
  if (!call) return undefined
  if (isSignIn && answers.some(({ action }) => action !== 'accept')) {
    log.append({ type: 'tool-end', callId, status: 'denied', content: NOT_SIGNED_IN })
    return undefined
  }
  const tool = toolOf(call.tool)
  // Whoever has signed in needs the tool for that no more.
  if (isSignIn && !tool) {
    log.append({ type: 'tool-end', callId, status: 'completed', content: SIGNED_IN })
    return undefined
  }
  if (tool && tool.digest !== digest) {
    log.append({ type: 'tool-end', callId, status: 'failed', content: CHANGED })
    return undefined
  }
  const ready = prepare(call)
  return ready && { ...ready, answered }
}

function callOf(log: EventLog, callId: string): (Part & ToolState) | undefined {
  return log.parts.find(
    (part): part is Extract<Part, { type: 'tool' }> => part.type === 'tool' && part.callId === callId,
  )
}
