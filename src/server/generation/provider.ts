import { type DeltaEvent, isContent, type StreamEvent, type Usage } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { DocumentFile, Part, ToldDocument } from '../../protocol/parts.ts'
import type { ProviderChoice } from '../config/providers.ts'
import type { FileContent } from './fileReader.ts'
import type { ToolDefinition } from './tools.ts'

/**
 * A part as a provider gets it: a document comes with its text, unless the model has to search it. `FileReader` has the bytes of
 * pictures and documents.
 */
export type ProviderPart =
  | Exclude<Part, { type: 'document' }>
  | ({ id: string; type: 'document'; text?: string } & DocumentFile)

export interface ProviderMessage {
  /** Absent where the message is not a stored one. */
  readonly id?: string
  readonly role: 'user' | 'assistant'
  readonly parts: readonly ProviderPart[]
}

export interface ProviderRequest {
  readonly model: string
  /** Who may answer, in the order in which they are asked. If absent, the first provider. */
  readonly choices?: readonly ProviderChoice[] | undefined
  readonly instructions: string
  /** The branch so far, oldest first. The last message is the user's. `historyAsText` turns it into text. */
  readonly history: readonly ProviderMessage[]
  /** A reply that broke off. The provider yields what follows the last character of its text. */
  readonly partial?: readonly Part[]
  /** Reads a file of the owner that a part names. Absent where there are no files. */
  readonly readFile?: ((fileId: string) => Promise<FileContent | undefined>) | undefined
  /** What the model may call. */
  readonly tools?: readonly ToolDefinition[] | undefined
  /** The provider may search the web by itself, if it can. */
  readonly search?: boolean | undefined
  /** The provider may make pictures. The run stores them. */
  readonly pictures?: boolean | undefined
  /** False: the model has called enough, and has to answer. */
  readonly mayCall?: boolean
  /** What this reply has so far, after `partial`: the steps before this one, with what their tools answered. */
  readonly reply?: ReplySoFar | undefined
  readonly locale: Locale
  /** The provider keeps nothing of this reply, also if it keeps others to resume them. */
  readonly keepsNothing?: boolean
  readonly temperature?: number
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'
}

/** Asks for a title. Has the beginning of the conversation. */
export interface TitleRequest {
  readonly model: string
  readonly choices?: readonly ProviderChoice[] | undefined
  readonly question: readonly Part[]
  readonly reply: readonly Part[]
  readonly locale: Locale
}

/** Something that a provider wants back. */
export interface KeptItem {
  /** The server, the API and the model that it is good for. */
  readonly of: string
  readonly item: unknown
}

export interface ReplySoFar {
  readonly parts: readonly Part[]
  /** By step: what the provider wants back with its calls. */
  readonly kept: ReadonlyMap<number, readonly KeptItem[]>
}

/** An event that a provider yields as it is. */
export type ProviderEvent =
  | DeltaEvent
  | Extract<StreamEvent, { type: 'source-add' | 'suggestions-add' | 'search-start' | 'search-end' }>

/** Pieces of a call. `call` is its place among the calls of the request, from 0. The call is whole when the iterable ends. */
export type CallChunk =
  /** `id`: how the provider names the call, if it does. */
  | { type: 'call-start'; call: number; name: string; id?: string | undefined }
  | { type: 'call-delta'; call: number; content: string }

/** A picture that the provider makes. `picture` is its place among those of the request, from 0. */
export type PictureChunk =
  | { type: 'picture-start'; picture: number }
  /** Base64. `isLast`: the picture itself, and no preview. */
  | { type: 'picture-data'; picture: number; data: string; isLast: boolean; description?: string }

/** Content, which people see, or information for the run alone. */
export type ProviderChunk =
  | ProviderEvent
  | CallChunk
  | PictureChunk
  /** The provider wants this back, as it is, when it gets what the tools answered. It is good for this provider alone. */
  | { type: 'kept'; item: KeptItem }
  | { type: 'usage'; usage: Usage }
  /** Another model answers than the one of the request. It comes before everything else. */
  | { type: 'answered'; model: string }
  /** The documents that the model gets otherwise than their parts say. It replaces what was told of this request before. */
  | { type: 'told'; documents: readonly ToldDocument[] }
  /**
   * Where the provider can resume if this process dies: after everything yielded before the checkpoint, and nothing
   * after it.
   */
  | { type: 'checkpoint'; checkpoint: string }

/** Whether a person sees something of the chunk. After the first such chunk asking again would repeat it. */
export function isShown(chunk: ProviderChunk): chunk is ProviderEvent | CallChunk | PictureChunk {
  return isContent(chunk) || chunk.type === 'call-start' || chunk.type === 'picture-start'
}

/** Chunks one after the other, for one consumer. */
export interface ChunkSource<Chunk> extends AsyncIterable<Chunk> {
  /**
   * Calls `take` with each chunk in the tick in which it comes. Resolves or rejects where the iterator would end or throw, and
   * rejects with what `take` throws. Call it in place of the next `next`. A promise for each token would take as long as
   * to read it.
   */
  forEach?(take: (chunk: Chunk) => void): Promise<void>
}

/**
 * Calls `take` with each chunk of `source`. Resolves when they end, or once `signal` has aborted and something comes. Rejects
 * with what the source throws, and what `take` throws.
 */
export async function forEachChunk<Chunk>(
  source: ChunkSource<Chunk>,
  signal: AbortSignal,
  take: (chunk: Chunk) => void,
): Promise<void> {
  if (source.forEach) return source.forEach(take)
  for await (const chunk of source) {
    if (signal.aborted) return
    take(chunk)
  }
}

/**
 * Writes replies. The iterable ends normally only if the provider said that the reply is complete. Otherwise it
 * throws a `RiachoError` with a run code. The error has `beforeFirstByte` set while asking again cannot repeat any
 * text. When `signal` aborts, the provider closes its upstream connection at once, and the iterable ends or throws. The
 * caller looks at the signal to tell an abort from an end.
 */
export interface Provider {
  readonly name: string
  generate(request: ProviderRequest, signal: AbortSignal): ChunkSource<ProviderChunk>
  /**
   * Resumes a reply that the provider kept writing. Yields what comes after `checkpoint`, which is the last checkpoint
   * that was stored together with `parts`. Absent if the provider keeps nothing.
   */
  resume?(reply: ResumableReply, signal: AbortSignal): ChunkSource<ProviderChunk>
  /**
   * Asks the provider to delete what it keeps of the reply with this `checkpoint`. The caller does not learn whether it
   * was deleted.
   */
  requestDeletion?(checkpoint: string): void
  /**
   * Writes a title, piece by piece. It ends, throws and aborts as `generate` does. Absent if the provider writes no
   * titles.
   */
  title?(request: TitleRequest, signal: AbortSignal): AsyncIterable<string>
  /** Closes the connections that no reply uses any more. */
  close?(): Promise<void>
}

export interface ResumableReply {
  readonly checkpoint: string
  /** The message so far. */
  readonly parts: readonly Part[]
}

/**
 * The reason of an abort that leaves the reply to the next process. A provider that keeps replies does not cancel this
 * one.
 */
export const DETACHED = 'detached'
