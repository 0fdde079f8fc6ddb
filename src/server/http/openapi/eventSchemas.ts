import { z } from 'zod'
import type {
  Cost,
  EndStatus,
  RunEnd,
  RunStart,
  StreamEvent,
  Timing,
  Usage,
} from '../../../protocol/events.ts'
import type { RunMark } from '../../../protocol/manyRuns.ts'
import type { Tick } from '../../../protocol/probe.ts'
import { parts, runErrorCode, sourceFields, toldDocuments } from './partSchemas.ts'
import { count, type Fields, name, oneOf, uuid } from './shapes.ts'
import { TOOL_EVENTS } from './toolSchemas.ts'

/** The data of the events of a stream, by their names. `''`: the event has no name. */
export type Events = Readonly<Record<string, z.ZodType>>

export const endStatus = name(
  'EndStatus',
  oneOf<EndStatus>({ completed: 0, paused: 0, stopped: 0, failed: 0, interrupted: 0 }),
)
export const usage = name(
  'Usage',
  z.object({
    inputTokens: count,
    outputTokens: count,
    cachedTokens: count.optional(),
    reasoningTokens: count.optional(),
  } satisfies Fields<Usage>),
)
const milliseconds = z.number().nullable()
export const timing = name(
  'Timing',
  z.object({
    firstTokenMs: milliseconds,
    reasoningMs: milliseconds,
    totalMs: z.number(),
  } satisfies Fields<Timing>),
)
export const cost = name(
  'Cost',
  z.object({ amount: z.number(), currency: z.string().describe('ISO 4217.') } satisfies Fields<Cost>),
)

export const runStartFields = {
  runId: uuid,
  conversationId: uuid,
  userMessageId: uuid,
  messageId: uuid,
  model: z.string(),
  assistant: z.string(),
} satisfies Fields<RunStart>

const content = name('Delta', z.object({ content: z.string() }))
const runMark = name('RunMark', z.object({ runId: uuid } satisfies Fields<Omit<RunMark, 'type'>>))

type DataOf<Type extends StreamEvent['type']> = Omit<Extract<StreamEvent, { type: Type }>, 'type'>

/** What a run's stream has. TypeScript refuses a list that lacks an event. */
const EVERY_EVENT = {
  'text-delta': content,
  'refusal-delta': content,
  'reasoning-delta': content,
  'run-start': name('RunStart', z.object(runStartFields)),
  'run-continue': name(
    'RunContinue',
    z.object({ messageId: uuid, parts } satisfies Fields<DataOf<'run-continue'>>),
  ),
  'source-add': name('SourceAdd', z.object(sourceFields satisfies Fields<DataOf<'source-add'>>)),
  'suggestions-add': name(
    'SuggestionsAdd',
    z.object({ questions: z.array(z.string()).min(1).max(10) } satisfies Fields<DataOf<'suggestions-add'>>),
  ),
  ...TOOL_EVENTS,
  'run-retry': name(
    'RunRetry',
    z.object({ attempt: count, seconds: z.number(), code: runErrorCode } satisfies Fields<
      DataOf<'run-retry'>
    >),
  ),
  'run-wait': name('RunWait', z.object({ code: runErrorCode } satisfies Fields<DataOf<'run-wait'>>)),
  'run-end': name(
    'RunEnd',
    z.object({
      status: endStatus,
      code: runErrorCode.optional(),
      retryable: z.boolean().optional(),
      retryAfter: z.number().describe('Seconds.').optional(),
      model: z
        .string()
        .describe('The model that wrote, if it is another one than `run-start` says.')
        .optional(),
      usage: usage.optional(),
      timing: timing.optional(),
      cost: cost.optional(),
      historyFrom: uuid.optional(),
      documents: toldDocuments.optional(),
      message: z.string().describe('For people, in the language of the request.').optional(),
    } satisfies Fields<RunEnd & { message?: string }>),
  ),
  snapshot: name('Snapshot', z.object({ ...runStartFields, parts } satisfies Fields<DataOf<'snapshot'>>)),
} satisfies Record<StreamEvent['type'], z.ZodType>

const { 'text-delta': text, ...others } = EVERY_EVENT

export const RUN_EVENTS: Events = { '': text, ...others }
export const MANY_RUNS_EVENTS: Events = {
  ...RUN_EVENTS,
  ...({ run: runMark, 'run-done': runMark, 'run-gone': runMark } satisfies Record<
    RunMark['type'],
    z.ZodType
  >),
}
export const TITLE_EVENTS: Events = {
  '': content,
  'title-end': name('TitleEnd', z.object({ title: z.string() })),
}
export const PROBE_EVENTS: Events = {
  '': name('Tick', z.object({ tick: count, at: count } satisfies Fields<Tick>)),
}
