import { RiachoError } from '../../protocol/errors.ts'
import type { Part } from '../../protocol/parts.ts'
import { isOpenCall, type ToolState } from '../../protocol/tools.ts'
import type { EventLog } from '../log/eventLog.ts'
import type { CallsUnderWay } from './callsUnderWay.ts'
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
  underWay: CallsUnderWay | undefined
  toolOf: (name: string) => Tool | undefined
  /** As `Steps` prepares a call: if it cannot run, it ends. */
  prepare: (call: ToolState) => ReadyCall | undefined
}

/**
 * The calls that a run begins with: those of a paused message, with what a person has decided and answered, or those whose process
 * died. `ready`: they run. `asking`: the person decides again, because the tool has changed. All others end here.
 */
export function resumeCalls(options: ResumedCallsOptions): { ready: ReadyCall[]; asking: ReadyCall[] } {
  const { decisions, answered, underWay } = options
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
  if (underWay) ready.push(...repeatable(options, underWay))
  return { ready, asking }
}

/**
 * The calls whose process died. Throws `REPLY_INTERRUPTED` unless each may be made again, by the same tool: then the reply ends, and
 * nobody repeats any of them.
 */
function repeatable({ log, toolOf, prepare }: ResumedCallsOptions, { digests }: CallsUnderWay): ReadyCall[] {
  const open = log.parts.filter(part => part.type === 'tool').filter(isOpenCall)
  for (const { callId, tool: name, status } of open) {
    const tool = toolOf(name)
    // One that asks the person would ask again, beside the question that is open.
    if (status !== 'running' || !tool?.isRepeatable || tool.digest !== digests[callId])
      throw new RiachoError('REPLY_INTERRUPTED', `${name} cannot be called again`)
  }
  return open.flatMap(call => prepare(call) ?? [])
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
