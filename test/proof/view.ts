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

  constructor(runId: string) {
    this.runId = runId
  }

  get text(): string {
    return textOf(this.parts)
  }

  apply(seq: number, event: StreamEvent): void {
    if (event.type === 'run-wait') return
    const shown = this.text
    if (this.end) this.#violation(`event ${seq} after run-end`)
    if (event.type === 'snapshot') {
      if (seq < this.lastSeq) this.#violation(`snapshot ${seq} after ${this.lastSeq}`)
    } else if (seq <= this.lastSeq) this.#violation(`event ${seq} again, after ${this.lastSeq}`)
    else if (seq !== this.lastSeq + 1) this.#violation(`event ${seq} after ${this.lastSeq}: a gap`)
    this.lastSeq = seq
    foldEvent(this.parts, event)
    if (!this.text.startsWith(shown)) this.#violation(`event ${seq} took back text that was shown`)
    if (event.type === 'run-end') this.end = event
  }

  #violation(what: string): void {
    this.violations.push(`run ${this.runId}: ${what}`)
  }
}
