import type { DocumentFile } from '../../protocol/parts.ts'
import type { FieldValues, Question, QuestionAction } from '../../protocol/questions.ts'
import type { ToolProgress } from '../../protocol/tools.ts'

/** What a provider is told of a tool. */
export interface ToolDefinition {
  /** 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`. */
  readonly name: string
  readonly description: string
  /** The JSON Schema of its arguments, which are an object. */
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Something that a model may call. */
export interface Tool extends ToolDefinition {
  /** What people read in place of the name. */
  readonly title?: string
  /** The MCP server that has it. */
  readonly server?: string
  /** Whether a person decides about each call before it runs. */
  readonly asks: boolean
  /** SHA-256 of all that a model and a person read of the tool. Another digest is another tool. */
  readonly digest: string
  /** A call whose process died may be made again. Somebody whom Riacho trusts says so, and never the tool itself. */
  readonly isRepeatable?: boolean
  /**
   * Does the work. `args` is the object that the model wrote. Throws `ToolError` with a text for the model. Any other error
   * is logged, and the model learns only that the tool failed.
   */
  run(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolAnswer>
}

export interface ToolContext {
  readonly ownerId: string
  readonly conversationId: string
  /** The same for every attempt of one call, and for no other call. Good as an idempotency key. */
  readonly callId: string
  /** Aborts when the run is stopped, or when the call takes too long. */
  readonly signal: AbortSignal
  /** What a person has answered, if this call goes on after `AskPerson`. */
  readonly answered?: AnsweredQuestions
  onProgress(progress: ToolProgress): void
  /** Asks the person while the call goes on, and waits for the answer. The time until then is not that of the tool. */
  ask(question: ToolQuestion): Promise<PersonAnswer>
}

/** A question to a person, before it has an id. */
export interface ToolQuestion extends Omit<Question, 'questionId' | 'action'> {
  /** Where a person signs in for it, and what the server said it needs. Nobody else gets it. */
  readonly signIn?: SignInChallenge
}

/** Why a server wants a person to sign in. */
export interface SignInChallenge {
  readonly server: string
  /** Where the server says how. */
  readonly metadataUrl?: string
  readonly scope?: string
}

export interface PersonAnswer {
  readonly action: QuestionAction
  /** Of a form that was accepted. */
  readonly values?: FieldValues
}

/** What a tool asked with `AskPerson`, and the answers in the same order. */
export interface AnsweredQuestions {
  /** As the tool gave it. */
  readonly state: string
  readonly answers: readonly PersonAnswer[]
}

/**
 * The tool cannot go on without the person. The run pauses, and `run` is called again with the answers. Whoever throws it knows
 * that the server wants to be asked again, so that this makes no call twice.
 */
export class AskPerson extends Error {
  readonly questions: readonly ToolQuestion[]
  /** Comes back with the answers. */
  readonly state: string

  constructor(questions: readonly ToolQuestion[], state = '') {
    super('a person has to answer first')
    this.questions = questions
    this.state = state
  }
}

/** A picture or another file that a tool gives. What it is, its bytes say. */
export interface ToolFile {
  /** If absent, it is called after the tool. */
  readonly name?: string | undefined
  /** A text is Base64. */
  readonly bytes: Uint8Array | string
}

export interface ToolAnswer {
  /** What the model reads. */
  content: string
  /** They are stored, and shown to the person. A model that takes pictures sees those among them. */
  files?: readonly ToolFile[]
  /** The tool says that it failed. */
  isError?: boolean
}

/** A failure that the model reads. */
export class ToolError extends Error {}

/** The tools of one assistant, by their names. */
export type ToolSet = ReadonlyMap<string, Tool>

export const NO_TOOLS: ToolSet = new Map()

/** What a person has decided about a call. */
export interface Decision {
  readonly callId: string
  readonly approvalId: string
  readonly isApproved: boolean
  /** The digest of the tool when the person was asked. */
  readonly digest: string
}

/** What a person has answered to a call that asked. */
export interface Answered extends AnsweredQuestions {
  readonly callId: string
  /** The ids of its questions, in the order of the answers. */
  readonly questionIds: readonly string[]
  /** Whether the call asked to sign in, and nothing else. */
  readonly isSignIn: boolean
  /** The digest of the tool when it asked. */
  readonly digest: string
}

/** A question to a person: may this call run with these arguments? */
export interface ApprovalRequest {
  readonly approvalId: string
  readonly callId: string
  readonly tool: string
  readonly digest: string
  readonly arguments: string
}

/** What a call waits for that asked a person something. */
export interface QuestionsRequest {
  readonly callId: string
  readonly tool: string
  readonly digest: string
  readonly state: string
  readonly questions: readonly (ToolQuestion & { readonly questionId: string })[]
}

/** What a paused run waits for. */
export type PauseRequest = ApprovalRequest | QuestionsRequest

export interface ToolsWanted {
  isFresh?: boolean
  documents?: readonly DocumentFile[]
}

/** What models may call, and whom a run asks. */
export interface Calling {
  /**
   * `isFresh`: a person has decided about a tool, so what is known of it has to be read again. `documents`: what the model cannot
   * read whole, and searches. Never rejects.
   */
  toolsOf(user: ToolUser, options?: ToolsWanted): ToolSet | Promise<ToolSet>
  readonly approvals: Approvals
  readonly liveQuestions: LiveQuestions
  createId(): string
}

/** Who is served: an assistant, for an owner. */
export interface ToolUser {
  readonly assistant: string
  readonly ownerId: string
}

/** Where a run that goes on asks people. */
export interface LiveQuestions {
  /**
   * Stores a question, calls `onStored`, and waits for the answer, whichever node gets it. Rejects when `signal` aborts. Throws
   * `STORAGE_UNAVAILABLE`.
   */
  ask(
    run: { runId: string; conversationId: string; ownerId: string },
    question: ToolQuestion & { questionId: string },
    options: { signal: AbortSignal; onStored: () => void },
  ): Promise<PersonAnswer>
}

/** Where a run asks people for decisions. */
export interface Approvals {
  /** Stores the questions, so that answers find them. Throws `STORAGE_UNAVAILABLE`. */
  ask(
    run: { runId: string; conversationId: string; ownerId: string; messageId: string; kept: string },
    requests: readonly PauseRequest[],
  ): Promise<void>
  /** Which of these tools the person always approves in this conversation. */
  granted(
    conversation: { conversationId: string; ownerId: string },
    tools: readonly Pick<Tool, 'name' | 'digest'>[],
  ): Promise<ReadonlySet<string>>
}

/** Models call nothing. */
export const NO_CALLING: Calling = {
  toolsOf: () => NO_TOOLS,
  approvals: { ask: () => Promise.resolve(), granted: () => Promise.resolve(new Set()) },
  liveQuestions: { ask: () => Promise.resolve({ action: 'cancel' }) },
  createId: () => '',
}
