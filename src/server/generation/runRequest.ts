import { RiachoError } from '../../protocol/errors.ts'
import type { RunEnd } from '../../protocol/events.ts'
import type { ToldDocument } from '../../protocol/parts.ts'
import { documentsIn, joinTold, searchedIn, withoutTexts } from './documents.ts'
import { lastQuestion, newerHalf } from './history.ts'
import type { ChunkSource, ProviderChunk, ProviderMessage, ProviderRequest, ReplySoFar } from './provider.ts'
import type { RunOptions } from './runOptions.ts'
import { NO_CALLING, type ToolSet } from './tools.ts'

/** How often the history of one request is cut. The last time it is cut to the question alone. */
const MAX_CUTS = 4

/** What the model may call, and what it has called. */
export interface CallingSoFar {
  tools: ToolSet
  mayCall: boolean
  reply: ReplySoFar | undefined
}

export type RunRequestOptions = Pick<RunOptions, 'calling' | 'log' | 'logger' | 'provider' | 'task'>

/** What a run asks the provider. If it is too long for the model, it gets shorter. */
export class RunRequest {
  readonly #options: RunRequestOptions
  /** Absent if the provider kept the reply, because then the run asks for nothing. */
  #request: ProviderRequest | undefined
  #historyFrom: string | undefined
  #cuts = 0
  /** Documents that the model searches because the request was too long otherwise. */
  #searched: readonly ToldDocument[] = []
  #told: readonly ToldDocument[] = []

  constructor(options: RunRequestOptions) {
    const { task } = options
    this.#options = options
    if (!('request' in task)) return
    this.#request = task.request
    this.#historyFrom = task.historyFrom
  }

  get history(): readonly ProviderMessage[] {
    return this.#request?.history ?? []
  }

  /** What the model may call. `isFresh`: as `Calling.toolsOf` takes it. */
  tools({ isFresh }: { isFresh: boolean }): ToolSet | Promise<ToolSet> {
    const { calling = NO_CALLING, log } = this.#options
    return calling.toolsOf(
      { assistant: log.start.assistant, ownerId: log.ownerId },
      { isFresh, documents: searchedIn(this.history) },
    )
  }

  /** What the provider is asked next. `undefined` if it kept the reply. */
  next({ tools, mayCall, reply }: CallingSoFar): ProviderRequest | undefined {
    if (!this.#request || tools.size === 0) return this.#request
    return { ...this.#request, tools: [...tools.values()], mayCall, reply }
  }

  /** Asks the provider. */
  chunks(calling: CallingSoFar, signal: AbortSignal): ChunkSource<ProviderChunk> {
    const { provider, task } = this.#options
    const request = this.next(calling)
    if (request) return provider.generate(request, signal)
    if (!provider.resume || !('kept' in task)) throw new RiachoError('REPLY_INTERRUPTED')
    return provider.resume(task.kept, signal)
  }

  /** Takes which documents the provider gives the model otherwise than their parts say, in the request that is under way. */
  tell(documents: readonly ToldDocument[]): void {
    this.#told = documents
  }

  /** The attempt failed, and what was told in it counts no more. */
  forget(): void {
    this.#told = []
  }

  /**
   * Leaves out what the request can do without. `texts`: those of documents, which the model searches now, so its tools are others.
   * `messages`: the oldest ones. `undefined`: there is nothing more to leave out.
   */
  shorten(): 'texts' | 'messages' | undefined {
    if (this.#leaveTextsOut()) return 'texts'
    return this.#cutHistory() ? 'messages' : undefined
  }

  /** False if there are no texts of documents. */
  #leaveTextsOut(): boolean {
    const request = this.#request
    const history = request && withoutTexts(request.history)
    if (!history) return false
    this.#searched = documentsIn(history).map(({ fileId }) => ({ fileId, givenAs: 'search' }))
    this.#request = { ...request, history }
    return true
  }

  /** False if there are no older messages, or if the history was cut too often. */
  #cutHistory(): boolean {
    const request = this.#request
    if (!request || this.#cuts === MAX_CUTS) return false
    this.#cuts += 1
    const history = this.#cuts === MAX_CUTS ? lastQuestion(request.history) : newerHalf(request.history)
    if (!history) return false
    this.#request = { ...request, history }
    this.#historyFrom = history[0]?.id
    const { logger, log } = this.#options
    logger.info(
      { runId: log.start.runId, messages: history.length, left: request.history.length - history.length },
      'the conversation is too long for the model: its oldest messages are left out',
    )
    return true
  }

  /** What the model got of the conversation, if it is not all. */
  account(): Pick<RunEnd, 'historyFrom' | 'documents'> {
    const documents = this.#documentsTold()
    return {
      ...(this.#historyFrom && { historyFrom: this.#historyFrom }),
      ...(documents.length > 0 && { documents }),
    }
  }

  /** The documents that the model got otherwise than their parts say. */
  #documentsTold(): ToldDocument[] {
    const { task } = this.#options
    const parts = 'request' in task ? documentsIn(task.request.history) : []
    const said = new Map(parts.map(({ fileId, givenAs }) => [fileId, givenAs]))
    return joinTold(this.#searched, this.#told).filter(
      ({ fileId, givenAs }) => said.has(fileId) && said.get(fileId) !== givenAs,
    )
  }
}
