import { foldEvent, type RunEnd, type StreamEvent } from '../../src/protocol/events.ts'
import { type Part, textOf } from '../../src/protocol/parts.ts'

/**
 * What one reader has seen of one run, by the rules of PROTOCOL.md, over any number of connections. `violations` lists
 * every broken rule.
 */
export class View {
  readonly runId: string
  readonly parts: Part[] = []
  readonly violations: string[] = []
  lastSeq = 0
  end: RunEnd | undefined
  /** How many losses of power this reader has lived through. Each may cost the last second of an unfinished reply. */
  losses = 0
  #mayLose = false

  /** `seen`: what the reader got of the run by another way, as from the conversation. */
  constructor(runId: string, seen?: { seq: number; parts: readonly Part[] }) {
    this.runId = runId
    if (!seen) return
    this.lastSeq = seen.seq
    this.parts.push(...structuredClone([...seen.parts]))
  }

  get text(): string {
    return textOf(this.parts)
  }

  /**
   * What comes next was asked for at `askedAt`, and the power was lost at these times. If the next event is a snapshot, it
   * may take something back. A process that is dead now may still have answered, so a loss after the question may come.
   */
  livedThrough(losses: readonly number[], askedAt: number): void {
    if (losses.length > this.losses) this.#mayLose = true
    this.losses = losses.filter(at => at < askedAt).length
  }

  apply(seq: number, event: StreamEvent): void {
    if (event.type === 'run-wait') return
    const shown = this.text
    if (this.end) this.#violation(`event ${seq} after run-end`)
    const mayLose = this.#mayLose && event.type === 'snapshot'
    this.#mayLose = false
    if (event.type === 'snapshot') {
      if (seq < this.lastSeq && !mayLose) this.#violation(`snapshot ${seq} after ${this.lastSeq}`)
      if (event.runId !== this.runId) this.#violation(`a snapshot of ${event.runId}`)
    } else if (seq <= this.lastSeq) this.#violation(`event ${seq} again, after ${this.lastSeq}`)
    else if (seq !== this.lastSeq + 1) this.#violation(`event ${seq} after ${this.lastSeq}: a gap`)
    if (event.type === 'run-start' && event.runId !== this.runId) this.#violation(`a start of ${event.runId}`)
    this.lastSeq = seq
    foldEvent(this.parts, event)
    if (!this.text.startsWith(shown) && !mayLose)
      this.#violation(`event ${seq} took back text that was shown`)
    if (event.type === 'run-end') this.end = event
  }

  #violation(what: string): void {
    this.violations.push(`run ${this.runId}: ${what}`)
  }
}

/** Whether `parts` are the beginning of `whole`: the last of them may have more text there. */
export function isBeginning(parts: readonly Part[], whole: readonly Part[]): boolean {
  if (parts.length > whole.length) return false
  return parts.every((part, index) => {
    const other = whole[index]
    if (index < parts.length - 1 || !other || !('text' in part) || !('text' in other))
      return JSON.stringify(part) === JSON.stringify(other)
    return part.type === other.type && part.id === other.id && other.text.startsWith(part.text)
  })
}
