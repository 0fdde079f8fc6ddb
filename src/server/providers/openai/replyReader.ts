import type { DeltaEvent, Usage } from '../../../protocol/events.ts'
import { forEachText, type TextKind } from '../../../protocol/looseText.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import type { Failure } from './failure.ts'
import { ThinkTags } from './thinkTags.ts'

/**
 * The outcome of one event. `nothing`: it is no event of the reply. `closing`: the reply may be whole, but more text may
 * follow.
 */
export type Reading = 'nothing' | 'progress' | 'closing' | 'complete' | Failure

/** Turns the events of one stream into chunks. */
export interface ReplyReader {
  /** Takes the data of one event. Throws if it is not the provider's protocol. */
  read(data: string): Reading
  /**
   * Takes the plain deltas at the beginning of a text that is at the beginning of an event, as `plainDeltas.ts` finds them.
   * Returns how many UTF-16 units it has taken. `read` would say `progress` of each.
   */
  readDeltas?(text: string): number
  /** Takes a whole reply, from a server that does not stream. */
  readWhole(reply: unknown): 'complete' | Failure
  /** The stream has ended, or is silent after `closing`. Returns how the reply ends. */
  end(): 'complete' | Failure
}

export type Push = (chunk: ProviderChunk) => void

/** `started`: something was written. `gap`: a new block has begun since, and nothing of it was written. */
export interface SectionState {
  started: boolean
  gap: boolean
}

const EMPTY: SectionState = { started: false, gap: false }

type Section = ReturnType<typeof createSection>

/** Writes what servers send as text, whatever its shape. `end` writes what was held. */
export interface TextWriter extends Record<TextKind, Section> {
  write(kind: TextKind, value: unknown): void
  end(): void
}

/** `state` is what an earlier writer of the same reply left. It has seen the beginning of the text. */
export function createTextWriter(
  push: Push,
  state?: { text: SectionState; reasoning: SectionState },
): TextWriter {
  const text = createSection('text-delta', push, state?.text)
  const refusal = createSection('refusal-delta', push)
  const reasoning = createSection('reasoning-delta', push, state?.reasoning)
  const tags = new ThinkTags({ text: text.write, reasoning: reasoning.write })
  if (state) tags.end()
  const writers = {
    text: (piece: string) => tags.write(piece),
    refusal: refusal.write,
    reasoning: reasoning.write,
  }
  const visit = (kind: TextKind, piece: string) => writers[kind](piece)
  return {
    text,
    refusal,
    reasoning,
    write(kind, value) {
      if (typeof value !== 'string') forEachText(value, visit, kind)
      else if (value) writers[kind](value)
    },
    end: () => tags.end(),
  }
}

/** Writes the deltas of one kind, with a blank line between two blocks. */
function createSection(type: DeltaEvent['type'], push: Push, state = EMPTY) {
  let { started, gap } = state
  return {
    get gap(): boolean {
      return gap
    },
    write(delta: string): void {
      push({ type, content: gap ? `\n\n${delta}` : delta })
      started = true
      gap = false
    },
    separate(): void {
      gap = started
    },
  }
}

/** The token counts that a provider sends. They may be anything. */
type Counts = Record<'input' | 'output' | 'cached' | 'reasoning', unknown>

/** Pushes the usage if input and output were both counted. Compatible servers may send only the total, or nothing. */
export function pushUsage(push: Push, { input, output, cached, reasoning }: Counts): void {
  if (!isCount(input) || !isCount(output)) return
  const usage: Usage = { inputTokens: input, outputTokens: output }
  if (isCount(cached)) usage.cachedTokens = cached
  if (isCount(reasoning)) usage.reasoningTokens = reasoning
  push({ type: 'usage', usage })
}

function isCount(value: unknown): value is number {
  return Number.isFinite(value) && Number(value) >= 0
}

/** Pushes each cited page once. `seen` holds the URLs that were pushed. */
export function createSources(push: Push, seen = new Set<string>()) {
  return {
    add(url: unknown, title: unknown): void {
      if (typeof url !== 'string' || url === '' || seen.has(url)) return
      seen.add(url)
      push({ type: 'source-add', url, title: typeof title === 'string' && title ? title : url })
    },
  }
}

/** The fields of an object that a server sent. Anything else has none. */
export function fieldsOf<Shape extends object>(value: unknown): { [Name in keyof Shape]?: unknown } {
  return typeof value === 'object' && value !== null ? value : {}
}
