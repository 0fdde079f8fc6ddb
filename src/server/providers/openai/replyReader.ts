import type { DeltaEvent, Usage } from '../../../protocol/events.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import type { Failure } from './failure.ts'

/**
 * What one event did. `nothing`: the event does not count as a sign of life. `closing`: the reply is whole, and its
 * usage may follow.
 */
export type Reading = 'nothing' | 'progress' | 'closing' | 'complete' | Failure

/** Turns the events of one stream into chunks. */
export interface ReplyReader {
  /** Takes the data of one event. Throws if it is not the provider's protocol. */
  read(data: string): Reading
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

export type Section = ReturnType<typeof createSection>

/** Writes the deltas of one kind, and a blank line between two blocks of it. */
export function createSection(type: DeltaEvent['type'], push: Push, state = EMPTY) {
  let { started, gap } = state
  return {
    get gap(): boolean {
      return gap
    },
    write(delta: string | null | undefined): void {
      if (!delta) return
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
    add(url: string, title: string | undefined): void {
      if (seen.has(url)) return
      seen.add(url)
      push({ type: 'source-add', url, title: title || url })
    },
  }
}
