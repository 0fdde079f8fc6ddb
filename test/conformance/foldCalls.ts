import type { Part } from '../../src/protocol/parts.ts'
import type { Question } from '../../src/protocol/questions.ts'
import type { ToolEnd, ToolState } from '../../src/protocol/tools.ts'
import type { FrameFields } from './client.ts'

type Call = Part & { type: 'tool' }
type Change = (call: Call, fields: FrameFields) => Partial<ToolState>

/** What the events of calls do to the parts of their message. */
export const CALL_FOLDS = {
  'tool-start': (parts: Part[], fields: FrameFields): Part[] => {
    const { callId = '', tool = '', step = 0, server, title } = fields
    const call: Call = {
      id: String(parts.length + 1),
      type: 'tool',
      callId,
      tool,
      ...(server !== undefined && { server }),
      ...(title !== undefined && { title }),
      step,
      arguments: '',
      status: 'writing',
      attempt: 0,
    }
    return [...parts, call]
  },
  'tool-delta': changed((call, { content = '' }) => ({ arguments: call.arguments + content })),
  'tool-run': changed((_, fields) => ({
    arguments: fields.arguments ?? '',
    attempt: fields.attempt ?? 0,
    status: 'running',
  })),
  'tool-progress': changed((_, { callId: __, done = 0, total, message }) => ({
    progress: { done, ...(total !== undefined && { total }), ...(message !== undefined && { message }) },
  })),
  'tool-end': changed((_, { callId: __, ...end }) => end as ToolEnd),
  'approval-start': changed((_, { arguments: args = '', approvalId = '' }) => ({
    arguments: args,
    approvalId,
    status: 'waiting',
  })),
  'approval-end': changed((_, { decision }) => (decision === 'denied' ? { status: 'denied' } : {})),
  'question-start': changed(({ questions = [] }, { callId: _, ...question }) => ({
    status: 'waiting',
    questions: [...questions, question as Question],
  })),
  'question-end': changed(({ questions = [] }, { questionId, action }) => {
    const all = questions.map(each =>
      each.questionId === questionId
        ? { questionId, mode: each.mode, message: each.message, ...(action && { action }) }
        : each,
    )
    return { questions: all, ...(all.every(each => each.action) && { status: 'running' }) }
  }),
  'run-end': (parts: Part[], { status }: FrameFields): Part[] => parts.map(part => closed(part, status)),
}

function changed(change: Change) {
  return (parts: Part[], fields: FrameFields): Part[] =>
    parts.map(part => {
      if (part.type !== 'tool' || part.callId !== fields.callId) return part
      const { progress: _, ...call } = part
      return { ...call, ...change(part, fields) }
    })
}

/** A call that nothing has ended ends with its run, except while the run is only paused. */
function closed(part: Part, runStatus: string | undefined): Part {
  if (part.type !== 'tool' || runStatus === 'paused') return part
  if (!['writing', 'waiting', 'running'].includes(part.status)) return part
  const { progress: _, questions, ...call } = part
  const left = questions?.map(({ fields: __, url: ___, ...rest }) => rest)
  return {
    ...call,
    ...(left && { questions: left }),
    status: call.attempt > 0 && runStatus !== 'stopped' ? 'unknown' : 'stopped',
  }
}
