import type { RunErrorCode } from './errors.ts'
import { looseText } from './looseText.ts'
import {
  beginPicture,
  closePicture,
  endPicture,
  type FileEnd,
  type FileStart,
  type FileUpdate,
} from './madeFiles.ts'
import {
  type Break,
  nextPartId,
  type Part,
  type PartType,
  type Source,
  type Suggestions,
  type ToldDocument,
  withPartIds,
} from './parts.ts'
import { closeSearch, endSearch, type SearchEnd, type SearchStart } from './searches.ts'
import { closeCall, foldToolEvent, type ToolCall, type ToolEvent } from './tools.ts'

export type RunStatus = 'active' | EndStatus
/** `paused`: a person has to decide or answer something. That begins a run that goes on with the message. */
export type EndStatus = 'completed' | 'paused' | Break['status']

export interface Usage {
  inputTokens: number
  outputTokens: number
  cachedTokens?: number
  reasoningTokens?: number
}

/** How long a run took, in milliseconds from its start. */
export interface Timing {
  /** To the first word of the reply; `null` when there was none. */
  firstTokenMs: number | null
  /** From the first word of reasoning to the end of it; `null` without reasoning. */
  reasoningMs: number | null
  totalMs: number
}

/** What a reply cost by the prices the operator set. */
export interface Cost {
  amount: number
  /** ISO 4217. */
  currency: string
}

export interface RunStart {
  runId: string
  conversationId: string
  userMessageId: string
  messageId: string
  model: string
  assistant: string
}

export interface RunEnd {
  status: EndStatus
  code?: RunErrorCode
  retryable?: boolean
  /** Seconds. */
  retryAfter?: number
  /** The model that wrote, if it is another one than `run-start` says. */
  model?: string
  usage?: Usage
  timing?: Timing
  cost?: Cost
  /** The message that the model's history began with, if the conversation was too long for the model to get all of it. */
  historyFrom?: string
  /** Documents that the model got otherwise than their parts say. */
  documents?: readonly ToldDocument[]
}

/** What happens in a run, in the order of its log. `seq` is not part of the event: it is its place in the log. */
export type RunEvent =
  | ({ type: 'run-start' } & RunStart)
  | { type: 'text-delta'; content: string }
  | { type: 'refusal-delta'; content: string }
  | { type: 'reasoning-delta'; content: string }
  | ({ type: 'source-add' } & Source)
  | ({ type: 'suggestions-add' } & Suggestions)
  | ({ type: 'tool-start' } & ToolCall)
  | ToolEvent
  | ({ type: 'file-start' } & FileStart)
  | ({ type: 'file-update' } & FileUpdate)
  | ({ type: 'file-end' } & FileEnd)
  | ({ type: 'search-start' } & SearchStart)
  | ({ type: 'search-end' } & SearchEnd)
  /**
   * The message continues the one with this id. `parts` are the parts of that one. If it broke off, the last of them is the
   * break. Always `seq` 2.
   */
  | { type: 'run-continue'; messageId: string; parts: Part[] }
  | { type: 'run-retry'; attempt: number; seconds: number; code: RunErrorCode }
  | ({ type: 'run-end' } & RunEnd)

/** Stands for every event up to its `seq`. It is made for one reader and never stored. */
export type SnapshotEvent = { type: 'snapshot'; parts: Part[] } & RunStart

/** Tells readers why nothing comes, until the next event. It is part of no log, so its frame has no `id`. */
export type WaitEvent = { type: 'run-wait'; code: RunErrorCode }

export type StreamEvent = RunEvent | SnapshotEvent | WaitEvent

interface EventKind {
  /**
   * - `delta`: appends its `content` to the last part if that has the type `part`. Otherwise it begins a part of that
   *   type.
   * - `add`: adds a part of type `part`.
   * - `update`: changes the part of type `part` that has its `callId`, `searchId` or `fileId`.
   * - `end`: closes the parts that are still open.
   * - `replace`: its `parts` become the message.
   * - `none`: does not change the message.
   */
  effect: 'delta' | 'add' | 'update' | 'end' | 'replace' | 'none'
  part?: PartType
  /**
   * Whether a commit stores it at once, because a reader waits for it. `first`: only if it is the first of its kind in
   * the run.
   */
  urgent: 'always' | 'first' | 'never'
}

/**
 * What every event does, for code that handles events of one kind alike. An event without an entry does not compile.
 */
export const EVENTS = {
  'run-start': { effect: 'none', urgent: 'never' },
  'text-delta': { effect: 'delta', part: 'text', urgent: 'first' },
  'refusal-delta': { effect: 'delta', part: 'refusal', urgent: 'never' },
  'reasoning-delta': { effect: 'delta', part: 'reasoning', urgent: 'never' },
  'source-add': { effect: 'add', part: 'source', urgent: 'never' },
  'suggestions-add': { effect: 'add', part: 'suggestions', urgent: 'never' },
  'tool-start': { effect: 'add', part: 'tool', urgent: 'always' },
  'tool-delta': { effect: 'update', part: 'tool', urgent: 'never' },
  'tool-run': { effect: 'update', part: 'tool', urgent: 'always' },
  'tool-progress': { effect: 'update', part: 'tool', urgent: 'never' },
  'tool-end': { effect: 'update', part: 'tool', urgent: 'always' },
  'approval-start': { effect: 'update', part: 'tool', urgent: 'always' },
  'approval-end': { effect: 'update', part: 'tool', urgent: 'always' },
  'question-start': { effect: 'update', part: 'tool', urgent: 'always' },
  'question-end': { effect: 'update', part: 'tool', urgent: 'always' },
  'file-start': { effect: 'add', part: 'image', urgent: 'always' },
  'file-update': { effect: 'update', part: 'image', urgent: 'always' },
  'file-end': { effect: 'update', part: 'image', urgent: 'always' },
  'search-start': { effect: 'add', part: 'search', urgent: 'always' },
  'search-end': { effect: 'update', part: 'search', urgent: 'always' },
  'run-continue': { effect: 'replace', urgent: 'never' },
  'run-retry': { effect: 'none', urgent: 'always' },
  'run-wait': { effect: 'none', urgent: 'always' },
  'run-end': { effect: 'end', urgent: 'always' },
  snapshot: { effect: 'replace', urgent: 'never' },
} as const satisfies Record<StreamEvent['type'], EventKind>

type EventType = keyof typeof EVENTS
type TypeOf<Effect extends EventKind['effect']> = {
  [Type in EventType]: (typeof EVENTS)[Type]['effect'] extends Effect ? Type : never
}[EventType]

/** Text that is appended to a part. */
export type DeltaEvent = Extract<StreamEvent, { type: TypeOf<'delta'> }>
/** An event that adds to a message or changes a part of it. After the first one, a person has seen something of the reply. */
export type ContentEvent = Extract<StreamEvent, { type: TypeOf<'delta' | 'add' | 'update'> }>
/** Events that become one if they follow each other: text of one kind, or the arguments of one call. */
export type JoinedEvent = DeltaEvent | Extract<ToolEvent, { type: 'tool-delta' }>

type GrowableType = (typeof EVENTS)[DeltaEvent['type']]['part']

/** False for an event that only a newer server knows, and for what is no event. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENTS, type)
}

/** Sets, because each token asks them, and reading the table takes longer. */
const DELTA_TYPES = typesOf('delta')
const CONTENT_TYPES = typesOf('delta', 'add', 'update')
const GROWABLE_TYPES: ReadonlySet<string> = new Set(
  Object.values(EVENTS).flatMap(kind => (kind.effect === 'delta' ? kind.part : [])),
)

function typesOf(...effects: EventKind['effect'][]): ReadonlySet<string> {
  return new Set(
    Object.entries(EVENTS).flatMap(([type, { effect }]) => (effects.includes(effect) ? type : [])),
  )
}

export function isDelta(event: { type: string }): event is DeltaEvent {
  return DELTA_TYPES.has(event.type)
}

export function isJoined(event: { type: string }): event is JoinedEvent {
  return DELTA_TYPES.has(event.type) || event.type === 'tool-delta'
}

/** Whether `next` goes on with `last`, so that its content can be appended to that of `last`. */
export function goesOn(last: JoinedEvent | undefined, next: { type: string; callId?: string }): boolean {
  return last?.type === next.type && (last.type !== 'tool-delta' || last.callId === next.callId)
}

/** Whether deltas make the part grow while it is the last one. */
export function isGrowable(part: Part): part is Part & { type: GrowableType } {
  return GROWABLE_TYPES.has(part.type)
}

/** Whether the event makes a message grow. Providers yield such events too, beside chunks that are no events. */
export function isContent(event: { type: string }): event is ContentEvent {
  return CONTENT_TYPES.has(event.type)
}

/**
 * Adds one event to a message, in place. A message is the fold of its run's events. Consecutive deltas of one type make
 * one part.
 */
export function foldEvent(parts: Part[], event: StreamEvent): void {
  switch (event.type) {
    case 'text-delta':
    case 'refusal-delta':
    case 'reasoning-delta': {
      const type = EVENTS[event.type].part
      const last = parts.at(-1)
      // Logs of older versions have what providers sent, whatever it was.
      const text = typeof event.content === 'string' ? event.content : looseText(event.content)
      if (last?.type === type) last.text += text
      else parts.push({ id: nextPartId(parts), type, text })
      return
    }
    case 'source-add': {
      const { type: _, ...source } = event
      parts.push({ id: nextPartId(parts), type: 'source', ...source })
      return
    }
    case 'suggestions-add':
      parts.push({ id: nextPartId(parts), type: 'suggestions', questions: [...event.questions] })
      return
    case 'tool-start': {
      const { type: _, ...call } = event
      parts.push({
        id: nextPartId(parts),
        type: 'tool',
        ...call,
        arguments: '',
        status: 'writing',
        attempt: 0,
      })
      return
    }
    case 'tool-delta':
    case 'tool-run':
    case 'tool-progress':
    case 'tool-end':
    case 'approval-start':
    case 'approval-end':
    case 'question-start':
    case 'question-end': {
      const { callId } = event
      const at = parts.findLastIndex(part => part.type === 'tool' && part.callId === callId)
      const call = parts[at]
      if (call?.type === 'tool') parts[at] = foldToolEvent(call, event)
      return
    }
    case 'file-start': {
      const { type, ...start } = event
      parts.push({ id: nextPartId(parts), type: EVENTS[type].part, ...beginPicture(start) })
      return
    }
    case 'file-update':
    case 'file-end': {
      const { type, ...facts } = event
      const at = parts.findLastIndex(part => part.type === 'image' && part.fileId === facts.fileId)
      const picture = parts[at]
      if (picture?.type !== 'image') return
      parts[at] = type === 'file-end' ? endPicture(picture, facts as FileEnd) : { ...picture, ...facts }
      return
    }
    case 'search-start': {
      const { type, queries, ...search } = event
      const part = { ...search, queries: [...queries], status: 'running' } as const
      parts.push({ id: nextPartId(parts), type: EVENTS[type].part, ...part })
      return
    }
    case 'search-end': {
      const { type: _, ...end } = event
      const at = parts.findLastIndex(part => part.type === 'search' && part.searchId === end.searchId)
      const search = parts[at]
      if (search?.type === 'search') parts[at] = endSearch(search, end)
      return
    }
    case 'run-continue':
    case 'snapshot':
      parts.splice(0, parts.length, ...withPartIds(structuredClone(event.parts)))
      return
    case 'run-end':
      for (const [at, part] of parts.entries()) {
        if (part.type === 'tool') parts[at] = closeCall(part, event.status)
        else if (part.type === 'search') parts[at] = closeSearch(part)
        else if (part.type === 'image') parts[at] = closePicture(part)
      }
      return
    case 'run-start':
    case 'run-retry':
    case 'run-wait':
      return
    default:
      event satisfies never
  }
}
