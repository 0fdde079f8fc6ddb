import { foldEvent, type RunEnd, type StreamEvent } from '../../src/protocol/events.ts'
import { type Part, textOf } from '../../src/protocol/parts.ts'
import type { ToolStatus } from '../../src/protocol/tools.ts'

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
    const shownParts = this.parts.filter(part => isCall(part) || isPicture(part))
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
    if (!mayLose) this.#seeParts(seq, shownParts)
    if (event.type === 'run-end') this.end = event
  }

  /** Each call and each picture that was shown is still there, and has gone on from what was shown. */
  #seeParts(seq: number, shown: readonly Part[]): void {
    for (const part of shown) {
      const now = this.parts.find(({ id }) => id === part.id)
      if (now !== part && !(now && mayBecome(part, now)))
        this.#violation(`event ${seq} made of ${JSON.stringify(part)}: ${JSON.stringify(now)}`)
    }
  }

  #violation(what: string): void {
    this.violations.push(`run ${this.runId}: ${what}`)
  }
}

/**
 * Whether `parts` are the beginning of `whole`: the last of them may have more text there, and each call and each picture may have gone on.
 */
export function isBeginning(parts: readonly Part[], whole: readonly Part[]): boolean {
  if (parts.length > whole.length) return false
  return parts.every((part, index) => {
    const other = whole[index]
    if (other && (isCall(part) || isPicture(part))) return mayBecome(part, other)
    if (index < parts.length - 1 || !other || !('text' in part) || !('text' in other))
      return JSON.stringify(part) === JSON.stringify(other)
    return part.type === other.type && part.id === other.id && other.text.startsWith(part.text)
  })
}

export type Call = Part & { type: 'tool' }

export function isCall(part: Part): part is Call {
  return part.type === 'tool'
}

export type Picture = Part & { type: 'image' }

export function isPicture(part: Part): part is Picture {
  return part.type === 'image'
}

/** What may become of a call, as PROTOCOL.md says. An end is final. */
const LATER: Readonly<Record<ToolStatus, readonly ToolStatus[]>> = {
  writing: ['writing', 'waiting', 'running', 'completed', 'failed', 'stopped', 'unknown'],
  waiting: ['waiting', 'running', 'completed', 'failed', 'denied', 'stopped', 'unknown'],
  running: ['running', 'completed', 'failed', 'stopped', 'unknown'],
  completed: [],
  failed: [],
  denied: [],
  stopped: [],
  unknown: [],
}

/** A call or a picture as it may have been before the end of its run closed it. */
export function reopened(part: Part): Part {
  if (isPicture(part)) return part.status === 'unfinished' ? { ...part, status: 'drawing' } : part
  if (!isCall(part)) return part
  if (part.status === 'unknown') return { ...part, status: 'running' }
  return part.status === 'stopped' && part.attempt === 0 ? { ...part, status: 'writing' } : part
}

/** Whether what was seen as `seen` may be `now` at a later moment. */
export function mayBecome(seen: Part, now: Part): boolean {
  if (JSON.stringify(seen) === JSON.stringify(now)) return true
  if (isPicture(seen) && isPicture(now)) return mayBecomePicture(seen, now)
  return isCall(seen) && isCall(now) && mayBecomeCall(seen, now)
}

function mayBecomeCall(seen: Call, now: Call): boolean {
  const asks = (now.questions ?? []).length > 0
  const later = [...LATER[seen.status], ...(asks && seen.status === 'running' ? ['waiting'] : [])]
  if (!later.includes(now.status)) return false
  const isSame = (['id', 'callId', 'tool', 'server', 'title', 'step'] as const).every(
    key => seen[key] === now[key],
  )
  const areArgumentsKept =
    seen.status === 'writing' ? now.arguments.startsWith(seen.arguments) : now.arguments === seen.arguments
  // Only a call that runs is made, and once, unless it wants to be made again with answers.
  const isMadeOnce = seen.status === 'running' && !asks && now.tool !== REPEATABLE
  const most = isMadeOnce ? seen.attempt : mostAttemptsOf(now)
  const isMadeAsOften = now.attempt >= seen.attempt && now.attempt <= most
  return isSame && areArgumentsKept && isMadeAsOften && areQuestionsKept(seen, now)
}

/** The tool whose calls are made again after a crash, at most so often. */
export const REPEATABLE = 'repete'
const MOST_REPEATS = 3

/** How often a call may have been made: once, and once more for each time that somebody has answered it, or that a crash let it be repeated. */
export function mostAttemptsOf({ tool, questions = [] }: Call): number {
  if (tool === REPEATABLE) return 1 + MOST_REPEATS
  return 1 + questions.filter(({ action }) => action !== undefined).length
}

/** Questions come, and get one answer each. */
function areQuestionsKept({ questions: seen = [] }: Call, { questions: now = [] }: Call): boolean {
  return seen.every(({ questionId, action }, at) => {
    const same = now[at]
    return same?.questionId === questionId && (action === undefined || action === same.action)
  })
}

/** Bytes come for it, until it is all there or its run has ended. */
function mayBecomePicture(seen: Picture, now: Picture): boolean {
  const isSame = seen.id === now.id && seen.fileId === now.fileId
  return isSame && seen.status === 'drawing' && (now.version ?? 0) >= (seen.version ?? 0)
}
