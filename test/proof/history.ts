import type { Attachment, Part } from '../../src/protocol/parts.ts'
import type { QuestionAction } from '../../src/protocol/questions.ts'
import type { Message } from '../../src/protocol/responses.ts'
import type { View } from './view.ts'

/** When a client asked for something, and when it had the answer. `to` is infinite while there is none. */
export interface Span {
  from: number
  to: number
}

interface Write<Value> extends Span {
  value: Value
}

/** The time of the test, in milliseconds. It does not jump when the server's clock does. */
export const time = () => performance.now()

/**
 * A value that clients change, maybe at the same time. It knows every value that a read may see. A write without an
 * answer may have happened at any moment since it was asked for, or never.
 */
export class Register<Value> {
  readonly #writes: Write<Value>[]

  constructor(initial: Value) {
    this.#writes = [{ value: initial, from: Number.NEGATIVE_INFINITY, to: Number.NEGATIVE_INFINITY }]
  }

  /** Begins a write. Without `done` nobody knows whether it happened. With `refused` it did not. */
  begin(value: Value): { done(): void; refused(): void } {
    const write = { value, from: time(), to: Number.POSITIVE_INFINITY }
    this.#writes.push(write)
    return {
      done: () => {
        write.to = time()
      },
      refused: () => void this.#writes.splice(this.#writes.indexOf(write), 1),
    }
  }

  /** A write is seen unless another one came wholly between it and the read. */
  possible({ from, to }: Span): Value[] {
    const isHidden = (write: Write<Value>) =>
      this.#writes.some(other => other.from > write.to && other.to < from)
    return this.#writes.filter(write => write.from <= to && !isHidden(write)).map(({ value }) => value)
  }

  mayBe(value: Value, span: Span): boolean {
    return this.possible(span).includes(value)
  }

  /** Whether anybody ever asked for this value. */
  everAsked(value: Value): boolean {
    return this.#writes.some(write => write.value === value && write.from > Number.NEGATIVE_INFINITY)
  }

  /** When this value was asked for the first time. */
  firstAsked(value: Value): Span | undefined {
    return this.#writes.find(write => write.value === value && write.from > Number.NEGATIVE_INFINITY)
  }
}

export class Owner {
  readonly name: number
  readonly chats: Chat[] = []
  readonly erased = new Register(false)
  cookie: string | undefined
  /** Conversations that may exist although nobody knows their ids, because an answer was lost. */
  doubtful = 0

  constructor(name: number) {
    this.name = name
  }

  /** The name of each API key of this owner, by which the key of another one is noticed. */
  get keyName(): string {
    return `of ${this.name}`
  }
}

/** What a history knows of one conversation. */
export class Chat {
  readonly id: string
  readonly owner: Owner
  /** `undefined` is the title that the server chose. */
  readonly title = new Register<string | undefined>(undefined)
  readonly pinned = new Register(false)
  readonly archived = new Register(false)
  readonly status = new Register<'OPEN' | 'CLOSED'>('OPEN')
  readonly life = new Register<'alive' | 'deleted'>('alive')
  readonly feedback = new Map<string, Register<string | null>>()
  readonly questions: Question[] = []
  readonly runs: RunRecord[] = []
  readonly shares: ShareRecord[] = []
  /** When runs were asked for. */
  readonly asked: Span[] = []
  readonly begun: Span
  /** The messages that a fork began with. */
  readonly copied: readonly Message[]
  /** Shares that may exist although nobody knows their ids. */
  doubtfulShares = 0

  constructor(
    owner: Owner,
    { id, begun, copied = [] }: { id: string; begun: Span; copied?: readonly Message[] },
  ) {
    this.owner = owner
    this.id = id
    this.begun = begun
    this.copied = copied
    owner.chats.push(this)
  }

  mayBeThere(span: Span): boolean {
    return this.life.mayBe('alive', span) && this.owner.erased.mayBe(false, span)
  }

  mayBeGone(span: Span): boolean {
    return this.life.mayBe('deleted', span) || this.owner.erased.mayBe(true, span)
  }

  /** Whether it may have been gone at any moment since its beginning. */
  get wasEverGone(): boolean {
    return this.life.everAsked('deleted') || this.owner.erased.everAsked(true)
  }

  /** Whether a run of it may be active: one that is asked for, or one whose end nobody had seen. */
  mayBeBusy({ from, to }: Span): boolean {
    return (
      this.asked.some(asked => asked.from < to && asked.to > from) ||
      this.runs.some(({ accepted, endSeen }) => accepted.from <= to && endSeen >= from)
    )
  }
}

/** One message of a person. */
export interface Question {
  readonly clientMessageId: string
  readonly owner: Owner
  readonly content: string
  readonly attachments: readonly Attachment[] | undefined
  readonly asked: Span
  /** Whether it was answered with 2xx. If so, it must be stored from then on. */
  isAccepted: boolean
  chat: Chat | undefined
  userMessageId: string | undefined
  /** The requests for another run of it, answered or not. */
  reruns: number
}

export interface RunRecord {
  readonly runId: string
  readonly question: Question | undefined
  readonly userMessageId: string
  readonly messageId: string
  readonly chat: Chat
  readonly accepted: Span
  readonly views: View[]
  readonly stops: (Span & { answer?: { status: string; lastSeq: number } })[]
  /** What it continues. */
  readonly continues: Continued | undefined
  /** What people asked for when it had paused. */
  readonly decisions: DecisionRecord[]
  /** When the first reader saw its end. Infinite until then. */
  endSeen: number
}

/** The reply that a run goes on with: one that broke off, or one about whose calls somebody has decided. */
export interface Continued {
  messageId: string
  parts: readonly Part[]
  isDecided?: boolean
}

/** A request that decides about the calls of a paused run. Nobody knows what came of it until there is an answer. */
export interface DecisionRecord extends Span {
  /** By `callId`. */
  readonly choices: ReadonlyMap<string, 'approve' | 'decline' | 'always'>
  /** What it answers to questions of the calls. */
  readonly answers: readonly AnswerRecord[]
  /** It decided nothing. */
  isRefused: boolean
}

/** What somebody answered to a question of a call. */
export interface AnswerRecord {
  readonly runId: string
  readonly callId: string
  readonly questionId: string
  readonly action: QuestionAction
  /** No other answer has it. */
  readonly value: string
  /** What is known of it. While nobody knows, it may count. */
  outcome?: 'taken' | 'refused'
}

export interface ShareRecord {
  readonly id: string
  readonly chat: Chat
  readonly made: Span
  readonly revoked: Register<boolean>
  /** What the first reader got. Later readers must get the same. */
  content: string | undefined
}

/** A time in which something was wrong with a node or with the database, and in which nobody has to be in time. */
export interface Trouble extends Span {
  what: string
  /** When other nodes could begin to mend it. Infinite until then. */
  mendableFrom: number
}

/** Everything that the clients of one round asked for and saw. */
export class History {
  readonly owners: Owner[] = []
  readonly questions = new Map<string, Question>()
  readonly runs = new Map<string, RunRecord>()
  readonly given: AnswerRecord[] = []
  /** What somebody has seen and will do something about: questions and versions of pictures. */
  readonly noticed = new Set<string>()
  /** Who wrote messages whose ids begin with these eight digits. */
  readonly writers = new Map<string, Set<Owner>>()
  /** The first digits of every id that was drawn. */
  readonly drawnIds = new Set<string>()
  readonly violations: string[] = []
  /** What each kind of call did, as `<kind> <status>`. */
  readonly answers = new Map<string, number>()
  /** Processes that ended during the round. */
  deaths = 0
  /** Losses of power that may cost what was shown, by their times. */
  readonly losses: number[] = []
  /** Changes of the server's clock, in milliseconds. */
  readonly jumps: { at: number; ms: number }[] = []
  /** Times at which the disk was full. */
  fullDisks = 0
  readonly troubles: Trouble[] = []
  /** Nobody waits for an answer any more. */
  isOver = false

  violation(what: string): void {
    this.violations.push(what)
  }

  addQuestion(question: Question): void {
    this.questions.set(question.clientMessageId, question)
    const first = question.clientMessageId.slice(0, 8)
    this.writers.set(first, (this.writers.get(first) ?? new Set()).add(question.owner))
  }

  newOwner(): Owner {
    const owner = new Owner(this.owners.length)
    this.owners.push(owner)
    return owner
  }

  get chats(): Chat[] {
    return this.owners.flatMap(({ chats }) => chats)
  }

  /** Whether a call in this time may have been slow for a reason that is known. */
  isTroubled({ from, to }: Span): boolean {
    return this.troubles.some(trouble => trouble.from <= to && trouble.to >= from)
  }

  /**
   * The longest time, in milliseconds, that may have passed in the server since `from`. A process counts by a time that
   * nobody sets. The next one counts by the time of day, so that it may see an earlier jump too.
   */
  longestSince(from: number): number {
    const seen = this.jumps.filter(({ at }) => at >= from || this.deaths > 0)
    return time() - from + seen.reduce((sum, { ms }) => sum + Math.max(0, ms), 0)
  }
}
