import type { DocumentFile } from '../../protocol/parts.ts'
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
  onProgress(progress: ToolProgress): void
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

/** A question to a person: may this call run with these arguments? */
export interface ApprovalRequest {
  readonly approvalId: string
  readonly callId: string
  readonly tool: string
  readonly digest: string
  readonly arguments: string
}

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
  toolsOf(assistant: string, options?: ToolsWanted): ToolSet | Promise<ToolSet>
  readonly approvals: Approvals
  createId(): string
}

/** Where a run asks people for decisions. */
export interface Approvals {
  /** Stores the questions, so that answers find them. Throws `STORAGE_UNAVAILABLE`. */
  ask(
    run: { runId: string; conversationId: string; ownerId: string; messageId: string; kept: string },
    requests: readonly ApprovalRequest[],
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
  createId: () => '',
}
