import type { DeltaEvent, Usage } from '../../../protocol/events.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import type { Failure } from './failure.ts'

/**
 * What one event did: `nothing` (a sign of life at most), `progress`, `closing` (the reply is whole, its usage may
 * follow), `complete`, or how the reply failed.
 */
export type Reading = 'nothing' | 'progress' | 'closing' | 'complete' | Failure

/** Turns the events of one stream into chunks. */
export interface ReplyReader {
  /** Takes the data of one event. Throws when it is not the provider's protocol. */
  read(data: string): Reading
  /** The stream is over, or silent after `closing`: what that makes of the reply. */
  end(): 'complete' | Failure
}

export type Push = (chunk: ProviderChunk) => void

/** What a section has come to: something was written; a new block has begun since. */
export interface SectionState {
  started: boolean
  gap: boolean
}

const EMPTY: SectionState = { started: false, gap: false }

/** Writes the deltas of one kind, with a blank line where one block of it follows another. */
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

/** What a provider says of its tokens, which may be anything. */
type Counts = Record<'input' | 'output' | 'cached' | 'reasoning', unknown>

/** Gives the usage where both sides of it were counted: compatible servers may say only the total, or nothing. */
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

/** Gives each cited page once; `seen` holds the URLs that were given. */
export function createSources(push: Push, seen = new Set<string>()) {
  return {
    add(url: string, title: string | undefined): void {
      if (seen.has(url)) return
      seen.add(url)
      push({ type: 'source-add', url, title: title || url })
    },
  }
}
