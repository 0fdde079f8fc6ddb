import { z } from 'zod'
import type { ToolCall, ToolEnd, ToolEvent, ToolProgress, ToolState } from '../../../protocol/tools.ts'
import { storedFile } from './madeFileSchemas.ts'
import { count, type Fields, name, oneOf, uuid } from './shapes.ts'

const callId = z
  .string()
  .describe('Names the call in its run, and in every later run that continues the message.')
const args = z.string().describe('JSON as the model wrote it. It may not parse.')

const callFields = {
  callId,
  tool: z.string(),
  server: z.string().describe('The MCP server that has the tool.').optional(),
  title: z.string().describe('What people read in place of the name.').optional(),
  step: count.describe('Which request to the model of the run made the call.'),
} satisfies Fields<ToolCall>

const progressFields = {
  done: z.number(),
  total: z.number().optional(),
  message: z.string().optional(),
} satisfies Fields<ToolProgress>

const ENDS = { completed: 0, failed: 0, denied: 0, stopped: 0, unknown: 0 }

const endFields = {
  status: oneOf<ToolEnd['status']>(ENDS),
  content: z.string().describe('What the tool answered. Untrusted.').optional(),
  isTruncated: z.boolean().optional(),
  milliseconds: z.number().optional(),
  files: z.array(storedFile).describe('What the tool gave besides its text.').optional(),
} satisfies Fields<ToolEnd>

export const toolFields = {
  ...callFields,
  ...endFields,
  arguments: args,
  status: oneOf<ToolState['status']>({ writing: 0, waiting: 0, running: 0, ...ENDS }),
  attempt: count.describe('How often the tool was called. 0: never.'),
  progress: z.object(progressFields).optional(),
  approvalId: uuid.optional(),
} satisfies Fields<ToolState>

type DataOf<Type extends ToolEvent['type']> = Omit<Extract<ToolEvent, { type: Type }>, 'type'>

/** The events that begin a call and change it. */
export const TOOL_EVENTS = {
  'tool-start': name('ToolStart', z.object(callFields)),
  'tool-delta': name(
    'ToolDelta',
    z.object({ callId, content: z.string() } satisfies Fields<DataOf<'tool-delta'>>),
  ),
  'tool-run': name(
    'ToolRun',
    z.object({ callId, arguments: args, attempt: count } satisfies Fields<DataOf<'tool-run'>>),
  ),
  'tool-progress': name(
    'ToolProgress',
    z.object({ callId, ...progressFields } satisfies Fields<DataOf<'tool-progress'>>),
  ),
  'tool-end': name('ToolEnd', z.object({ callId, ...endFields } satisfies Fields<DataOf<'tool-end'>>)),
  'approval-start': name(
    'ApprovalStart',
    z.object({
      callId,
      approvalId: uuid,
      arguments: args,
      reason: oneOf<DataOf<'approval-start'>['reason']>({ asked: 0, changed: 0 }),
    } satisfies Fields<DataOf<'approval-start'>>),
  ),
  'approval-end': name(
    'ApprovalEnd',
    z.object({
      callId,
      approvalId: uuid,
      decision: oneOf<DataOf<'approval-end'>['decision']>({ approved: 0, denied: 0 }),
    } satisfies Fields<DataOf<'approval-end'>>),
  ),
} satisfies Record<ToolEvent['type'] | 'tool-start', z.ZodType>
