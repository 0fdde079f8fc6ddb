import { z } from 'zod'
import {
  FIELD_KINDS,
  QUESTION_ACTIONS,
  QUESTION_MODES,
  type Question,
  type QuestionField,
} from '../../../protocol/questions.ts'
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

const questionFields = {
  questionId: uuid,
  mode: z.enum(QUESTION_MODES),
  message: z.string().describe('Untrusted.'),
  fields: z
    .array(
      z.object({
        name: z.string(),
        label: z.string(),
        description: z.string().optional(),
        kind: z.enum(FIELD_KINDS),
        isRequired: z.boolean(),
        options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
        default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
        least: z.number().optional(),
        most: z.number().optional(),
      } satisfies Fields<QuestionField>),
    )
    .describe('What a form asks for.')
    .optional(),
  url: z.string().describe('Where the person has to go. Untrusted.').optional(),
} satisfies Fields<Omit<Question, 'action'>>

const action = z.enum(QUESTION_ACTIONS)

export const toolFields = {
  ...callFields,
  ...endFields,
  arguments: args,
  status: oneOf<ToolState['status']>({ writing: 0, waiting: 0, running: 0, ...ENDS }),
  attempt: count.describe('How often the tool was called. 0: never.'),
  progress: z.object(progressFields).optional(),
  approvalId: uuid.optional(),
  questions: z
    .array(z.object({ ...questionFields, action: action.optional() } satisfies Fields<Question>))
    .describe('What the tool has asked the person.')
    .optional(),
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
  'question-start': name(
    'QuestionStart',
    z.object({ callId, ...questionFields } satisfies Fields<DataOf<'question-start'>>),
  ),
  'question-end': name(
    'QuestionEnd',
    z.object({ callId, questionId: uuid, action } satisfies Fields<DataOf<'question-end'>>),
  ),
} satisfies Record<ToolEvent['type'] | 'tool-start', z.ZodType>
