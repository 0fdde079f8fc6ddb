import type { RunErrorCode } from './errors.ts'

export type RunStatus = 'active' | EndStatus
export type EndStatus = 'completed' | 'stopped' | 'failed' | 'interrupted'

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

export interface Source {
  url: string
  title: string
}

/** A piece of a message. `text` and `refusal` are Markdown written by a model: untrusted. */
export type Part =
  | { type: 'text'; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'reasoning'; text: string }
  | ({ type: 'source' } & Source)
  /** Text that came with a user message, as a block of its own. */
  | { type: 'file'; name: string; text: string }
  /** Where an earlier run ended; what follows was written by a later one. */
  | ({ type: 'break' } & Break)

export interface Break {
  status: Exclude<EndStatus, 'completed'>
  code: RunErrorCode | null
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
  usage?: Usage
  timing?: Timing
  cost?: Cost
}

/** What happens in a run, in the order of its log. `seq` is not part of the event: it is its place in the log. */
export type RunEvent =
  | ({ type: 'run-start' } & RunStart)
  | { type: 'text-delta'; content: string }
  | { type: 'refusal-delta'; content: string }
  | { type: 'reasoning-delta'; content: string }
  | ({ type: 'source-add' } & Source)
  /** The message goes on from the one with this id: its parts, the last of them the break. Always `seq` 2. */
  | { type: 'run-continue'; messageId: string; parts: Part[] }
  | { type: 'run-retry'; attempt: number; seconds: number; code: RunErrorCode }
  | ({ type: 'run-end' } & RunEnd)

/** Stands for every event up to its `seq`; made for one reader, never stored. */
export type SnapshotEvent = { type: 'snapshot'; parts: Part[] } & RunStart

/**
 * Tells readers why nothing comes; part of no log, so its frame has no `id`. It holds until the next event.
 */
export type WaitEvent = { type: 'run-wait'; code: RunErrorCode }

export type StreamEvent = RunEvent | SnapshotEvent | WaitEvent

/** The parts of a message that an event can add to; a fold starts from `[]`. */
const DELTA_PARTS = {
  'text-delta': 'text',
  'refusal-delta': 'refusal',
  'reasoning-delta': 'reasoning',
} as const

/**
 * Adds one event to a message, in place: a message is the fold of its run's events. Deltas of one kind in a row
 * make one part. Events that say nothing about the message (`run-start`, `run-retry`, `run-end`) change nothing.
 */
export function foldEvent(parts: Part[], event: StreamEvent): void {
  switch (event.type) {
    case 'text-delta':
    case 'refusal-delta':
    case 'reasoning-delta': {
      const type = DELTA_PARTS[event.type]
      const last = parts.at(-1)
      if (last?.type === type) last.text += event.content
      else parts.push({ type, text: event.content })
      return
    }
    case 'source-add':
      parts.push({ type: 'source', url: event.url, title: event.title })
      return
    case 'run-continue':
    case 'snapshot':
      parts.splice(0, parts.length, ...structuredClone(event.parts))
  }
}

/** The text a reader sees of a message, refusals included, sources and reasoning not. */
export function textOf(parts: readonly Part[]): string {
  let text = ''
  for (const part of parts) if (part.type === 'text' || part.type === 'refusal') text += part.text
  return text
}
