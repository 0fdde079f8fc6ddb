import type { Logger } from 'pino'
import { RiachoError, type RunErrorCode } from '../../protocol/errors.ts'
import type { ContentEvent, RunEnd, Usage } from '../../protocol/events.ts'
import { type ToldDocument, textOf } from '../../protocol/parts.ts'
import type { Clock } from '../clock.ts'
import type { EventLog } from '../log/eventLog.ts'
import { Citations } from './citations.ts'
import type { CostOf } from './cost.ts'
import { documentsIn, joinTold, searchedIn, withoutTexts } from './documents.ts'
import type { FileKeeper } from './fileKeeper.ts'
import { lastQuestion, newerHalf } from './history.ts'
import { Pictures } from './pictures.ts'
import {
  DETACHED,
  isShown,
  type KeptItem,
  type Provider,
  type ProviderChunk,
  type ProviderRequest,
  type ResumableReply,
} from './provider.ts'
import { cutTo, isAnswer, lengthOf, lengthOfParts } from './replyText.ts'
import { retryDelay } from './retryDelay.ts'
import { failure, runCode } from './runFailure.ts'
import { type NextStep, Steps } from './steps.ts'
import { type RunTimes, Stopwatch } from './stopwatch.ts'
import { type Answered, type Calling, type Decision, NO_CALLING } from './tools.ts'

export interface RunOptions {
  log: EventLog
  provider: Provider
  /**
   * `request`: ask the provider. `kept`: continue what an earlier process left at the provider, and ask for nothing
   * anew.
   */
  task: RunTask | { kept: ResumableReply }
  /** What models may call. If absent, they call nothing. */
  calling?: Calling
  clock: Clock
  /** When the run began, as `clock.monotonic` says. */
  startedAt: number
  logger: Logger
  /** A number in [0, 1), for jitter. */
  random: () => number
  /** The most requests to the provider. All of them come before the first byte of a reply. */
  maxAttempts: number
  /** The most text of a reply, in UTF-16 units. What it continues counts. */
  maxReplyLength: number
  /** If absent, nothing has a price. */
  costOf?: CostOf
  /** Stores what models and tools make. Absent where there is no place for files. */
  keeper?: FileKeeper | undefined
}

export interface RunTask {
  request: ProviderRequest
  /** The first message of the history, if earlier ones were left out. */
  historyFrom?: string | undefined
  /** What a person has decided, if the run goes on with a paused message. */
  decisions?: readonly Decision[]
  /** What a person has answered, if calls of that message asked. */
  answered?: readonly Answered[]
  /** What the provider wants back with the calls of that message, by step. */
  keptItems?: ReadonlyMap<number, readonly KeptItem[]>
}

/** How often the history of one request is cut. The last time it is cut to the question alone. */
const MAX_CUTS = 4
/** The most text that the run takes from a provider while the database stores nothing, in UTF-16 units. */
const MAX_UNSTORED = 256 * 1024

type RunState = 'asking' | 'waiting' | 'streaming' | 'calling' | 'ending' | 'ended' | 'detached'

const NEXT: Record<RunState, readonly RunState[]> = {
  asking: ['asking', 'waiting', 'streaming', 'calling', 'ending', 'detached'],
  waiting: ['asking', 'ending', 'detached'],
  streaming: ['calling', 'ending', 'detached'],
  calling: ['asking', 'ending', 'detached'],
  ending: ['ended'],
  ended: [],
  detached: [],
}

/**
 * One attempt to write one assistant message. A run belongs to no request. It continues without readers, and only
 * `stop` and `fail` end it early.
 *
 * - **asking**: a request to the provider is under way, and nothing of its answer has come. If the conversation is too long
 *   for the model, the run asks again without its oldest messages.
 * - **waiting**: the provider failed before its first byte. The run asks again when the timer fires.
 * - **streaming**: chunks come, and the run appends them to the log. The run never sends this request again.
 * - **calling**: the model has asked for tools, and they work. With what they answer the run asks again. If a person has to
 *   decide about a call, the run ends as `paused`, and the decision begins another run.
 * - **ending**: the run has decided, once, how it ends. It has closed the upstream connection and told the log. It
 *   ignores chunks and errors that still come.
 * - **ended**: the end and the message are stored.
 * - **detached**: the run stays active for another process, which resumes from the checkpoint or ends it. This process
 *   stores nothing more.
 */
export class Run {
  /** Resolves with the end once it is stored. */
  readonly ended: Promise<RunEnd>

  readonly #options: RunOptions
  readonly #abort = new AbortController()
  readonly #endStored = Promise.withResolvers<RunEnd>()
  readonly #stopwatch: Stopwatch
  readonly #reachedAt: Partial<Record<RunState, number>>
  #state: RunState = 'asking'
  readonly #steps: Steps
  /** Of the request that is under way. */
  #usage: Usage | undefined
  /** Of the requests before it. */
  #usedBefore: Usage | undefined
  readonly #pictures: Pictures | undefined
  #mayCall = true
  /** The model that answers, if it is another one than `run-start` says. */
  #model: string | undefined
  #canDetach: boolean
  #task: RunOptions['task']
  #historyFrom: string | undefined
  #cuts = 0
  /** Absent where the conversation has no documents. */
  #citations: Citations | undefined
  /** Documents that the model searches because the request was too long otherwise, and those that the provider told of. */
  #shortened: readonly ToldDocument[] = []
  #told: readonly ToldDocument[] = []
  /** The reply has words that a reader can see. */
  #hasAnswer: boolean
  /** The text of the reply so far, in UTF-16 units. */
  #length: number

  constructor(options: RunOptions) {
    const { clock, startedAt, task } = options
    this.#options = options
    this.#reachedAt = { asking: clock.monotonic() }
    this.#task = task
    const begun = ('kept' in task ? task.kept.parts : options.log.parts) ?? []
    const { decisions = [], answered = [], keptItems: kept } = 'request' in task ? task : {}
    const { calling = NO_CALLING } = options
    this.#steps = new Steps({ ...options, ...calling, decisions, answered, ...(kept && { kept }) })
    this.#pictures = this.#picturesOf(options)
    this.#hasAnswer = textOf(begun).trim() !== ''
    this.#length = lengthOfParts(begun)
    this.#stopwatch = new Stopwatch({ clock, startedAt, ...('kept' in task && { missed: task.kept.parts }) })
    this.#canDetach = 'kept' in task
    this.#historyFrom = 'request' in task ? task.historyFrom : undefined
    if (this.#canDetach) this.#setState('streaming')
    this.ended = this.#endStored.promise
    this.#generate().catch(error => this.#failed(error))
  }

  get state(): RunState {
    return this.#state
  }

  /** Call it once the run has ended. */
  times(): RunTimes {
    const { asking = 0, streaming, ending = 0, ended = 0 } = this.#reachedAt
    return {
      begunAt: this.#options.startedAt,
      askedAt: asking,
      ...(streaming !== undefined && { firstAt: streaming }),
      endedAt: ending,
      storedAt: ended,
    }
  }

  /** Aborts the request at once and keeps the text so far. Resolves with the end of the run, whatever ended it. */
  stop(): Promise<RunEnd> {
    this.#end({ status: 'stopped' })
    return this.ended
  }

  /** Ends the run for a reason other than a failure of the provider. */
  fail(code: RunErrorCode): Promise<RunEnd> {
    this.#end(failure(code))
    return this.ended
  }

  /** Leaves the run to the next process. False if it has ended, or if the provider keeps nothing to resume from. */
  detach(): boolean {
    if (!this.#canDetach || this.#isOver()) return false
    this.abandon()
    return true
  }

  /** Leaves the run to another node, which writes it now. */
  abandon(): void {
    if (this.#isOver()) return
    this.#setState('detached')
    this.#abort.abort(this.#canDetach ? DETACHED : undefined)
  }

  #setState(next: RunState): void {
    if (!NEXT[this.#state].includes(next)) throw new Error(`run cannot go from ${this.#state} to ${next}`)
    this.#state = next
    this.#reachedAt[next] ??= this.#options.clock.monotonic()
  }

  async #generate(): Promise<void> {
    const { signal } = this.#abort
    if (this.#length >= this.#options.maxReplyLength) return this.#end(failure('OUTPUT_LIMIT'))
    const task = this.#task
    const { decisions = [], answered = [] } = 'request' in task ? task : {}
    const isDecided = decisions.length + answered.length > 0
    const { log } = this.#options
    const history = 'request' in task ? task.request.history : []
    if (documentsIn(history).length > 0) this.#citations = new Citations(history, log.parts)
    const tools = this.#toolsFor(history, { isFresh: isDecided })
    // Without servers and without decisions the provider is asked in this turn.
    this.#steps.tools = tools instanceof Promise ? await tools : tools
    if (this.#isOver()) return
    let next: NextStep = isDecided ? await this.#begin(signal) : 'ask'
    for (; this.#goesOn(next); next = await this.#steps.settle(signal, { mayCall: this.#mayCall })) {
      if (!(await this.#ask())) return
      if (this.#pictures) await this.#pictures.settled()
      if (this.#isOver()) return
      if (this.#steps.hasCalls) this.#setState('calling')
    }
  }

  #toolsFor(history: ProviderRequest['history'], { isFresh }: { isFresh: boolean }) {
    const { calling = NO_CALLING, log } = this.#options
    return calling.toolsOf(
      { assistant: log.start.assistant, ownerId: log.ownerId },
      { isFresh, documents: searchedIn(history) },
    )
  }

  /** Makes the calls that a person has decided about or answered. */
  #begin(signal: AbortSignal): Promise<NextStep> {
    this.#setState('calling')
    return this.#steps.begin(signal)
  }

  /** Whether the model is to be asked now. If not, the run has ended, or ends here. */
  #goesOn(next: NextStep): boolean {
    if (this.#isOver()) return false
    switch (next) {
      case 'pause':
        this.#end({ status: 'paused' })
        return false
      case 'done': {
        const isAnswered = this.#hasAnswer || this.#steps.hasCalled
        this.#end(isAnswered ? { status: 'completed' } : failure('EMPTY_REPLY'))
        return false
      }
      case 'conclude':
        if (!this.#mayCall) {
          this.#end(failure('TOOL_LIMIT'))
          return false
        }
        this.#mayCall = false
        break
      case 'ask':
        break
    }
    if (this.#state === 'calling') {
      this.#citations?.learn(this.#options.log.parts)
      this.#length = lengthOfParts(this.#options.log.parts)
      this.#usedBefore = sum(this.#usedBefore, this.#usage)
      this.#usage = undefined
      // Another provider may answer the next request, and says so then.
      this.#model = undefined
      this.#setState('asking')
    }
    return true
  }

  /** Asks the provider, as often as it takes. False: the run is over. */
  async #ask(): Promise<boolean> {
    const { maxAttempts } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        this.#steps.ask()
        this.#pictures?.forget()
        for await (const chunk of this.#chunks()) {
          if (this.#isOver()) return false
          if (this.#state === 'asking' && isShown(chunk)) this.#setState('streaming')
          this.#take(chunk)
        }
        if (this.#isOver()) return false
        for (const event of this.#citations?.end() ?? []) this.#appendOne(event)
        return !this.#isOver()
      } catch (error) {
        if (this.#isOver()) return false
        if (runCode(error) === 'CONTEXT_TOO_LONG' && this.#state === 'asking' && (await this.#shorten())) {
          attempt -= 1
          continue
        }
        const canAskAgain = this.#state === 'asking' && attempt < maxAttempts
        const seconds = canAskAgain ? retryDelay(error, attempt, this.#options.random) : undefined
        if (seconds === undefined) {
          // What the provider has drawn is kept, whatever it failed at then.
          await this.#pictures?.settled()
          this.#failed(error)
          return false
        }
        this.#forgetAttempt()
        await this.#wait({ attempt, seconds, code: runCode(error) })
        if (this.#isOver()) return false
        this.#setState('asking')
      }
    }
  }

  #chunks(): AsyncIterable<ProviderChunk> {
    const { provider } = this.#options
    const { tools } = this.#steps
    const task = this.#task
    if ('request' in task) {
      const { request } = task
      const calling = tools.size > 0 && {
        tools: [...tools.values()],
        mayCall: this.#mayCall,
        reply: this.#steps.reply,
      }
      return provider.generate(calling ? { ...request, ...calling } : request, this.#abort.signal)
    }
    if (!provider.resume) throw new RiachoError('REPLY_INTERRUPTED')
    return provider.resume(task.kept, this.#abort.signal)
  }

  /** Leaves out of the request what it can do without. False if there is nothing, or if the run is over. */
  async #shorten(): Promise<boolean> {
    return (await this.#leaveTextsOut()) || (!this.#isOver() && this.#cutHistory())
  }

  /** Leaves out the texts of documents, so that the model searches them. False if there are none. */
  async #leaveTextsOut(): Promise<boolean> {
    const history = 'request' in this.#task && withoutTexts(this.#task.request.history)
    if (!history || !('request' in this.#task)) return false
    this.#shortened = documentsIn(history).map(({ fileId }) => ({ fileId, givenAs: 'search' }))
    this.#task = { ...this.#task, request: { ...this.#task.request, history } }
    this.#steps.tools = await this.#toolsFor(history, { isFresh: false })
    if (this.#isOver()) return false
    this.#forgetAttempt()
    this.#setState('asking')
    return true
  }

  /** Leaves out the oldest messages of the request. False if there are none, or if it was cut too often. */
  #cutHistory(): boolean {
    if (!('request' in this.#task) || this.#cuts === MAX_CUTS) return false
    const { request } = this.#task
    this.#cuts += 1
    const history = this.#cuts === MAX_CUTS ? lastQuestion(request.history) : newerHalf(request.history)
    if (!history) return false
    this.#forgetAttempt()
    this.#task = { ...this.#task, request: { ...request, history } }
    this.#historyFrom = history[0]?.id
    this.#setState('asking')
    const { logger, log } = this.#options
    logger.info(
      { runId: log.start.runId, messages: history.length, left: request.history.length - history.length },
      'the conversation is too long for the model: its oldest messages are left out',
    )
    return true
  }

  /** The run ignores everything that still comes. */
  #isOver(): boolean {
    return this.#state === 'ending' || this.#state === 'ended' || this.#state === 'detached'
  }

  #take(chunk: ProviderChunk): void {
    const { log } = this.#options
    switch (chunk.type) {
      case 'usage':
        this.#usage = chunk.usage
        return
      case 'answered':
        this.#model = chunk.model
        return
      case 'told':
        this.#told = chunk.documents
        return
      case 'checkpoint':
        for (const event of this.#citations?.end() ?? []) this.#appendOne(event)
        this.#canDetach = true
        log.setCheckpoint(chunk.checkpoint)
        return
      case 'picture-start':
      case 'picture-data':
        this.#pictures?.take(chunk)
        break
      case 'kept':
      case 'call-start':
      case 'call-delta': {
        const event = this.#steps.take(chunk)
        if (event) this.#append(event)
        break
      }
      default:
        this.#append(chunk)
    }
    if (log.isRefused && log.unstoredLength > MAX_UNSTORED) this.#end(failure('STORAGE_UNAVAILABLE'))
  }

  /** Absent if nobody asked for pictures, or there is no place for them. */
  #picturesOf({ task, keeper, log, clock, logger }: RunOptions): Pictures | undefined {
    if (!keeper || !('request' in task) || !task.request.pictures) return undefined
    return new Pictures({
      keeper,
      ownerId: log.ownerId,
      locale: task.request.locale,
      parts: log.parts,
      append: event => {
        if (!this.#isOver()) this.#append(event)
      },
      isOver: () => this.#isOver(),
      clock,
      logger,
    })
  }

  #append(event: ContentEvent): void {
    if (!this.#citations) this.#appendOne(event)
    else for (const each of this.#citations.take(event)) if (!this.#isOver()) this.#appendOne(each)
  }

  #appendOne(event: ContentEvent): void {
    if (event.type !== this.#stopwatch.kind) this.#stopwatch.turnTo(event.type)
    this.#length += lengthOf(event)
    if (this.#length > this.#options.maxReplyLength) {
      this.#cutOff(event)
      return
    }
    if (!this.#hasAnswer && isAnswer(event)) this.#hasAnswer = true
    this.#options.log.append(event)
  }

  /** Ends the reply at its longest length. Keeps the beginning of `chunk` that fits. */
  #cutOff(chunk: ContentEvent): void {
    const excess = this.#length - this.#options.maxReplyLength
    const last = cutTo(chunk, lengthOf(chunk) - excess)
    if (last) this.#options.log.append(last)
    this.#end(failure('OUTPUT_LIMIT'))
  }

  /** The model, the usage and the checkpoint belong to the failed attempt, and not to the next one. */
  #forgetAttempt(): void {
    this.#usage = undefined
    this.#model = undefined
    this.#told = []
    if (!this.#canDetach) return
    this.#canDetach = false
    this.#options.log.setCheckpoint(null)
  }

  async #wait(retry: { attempt: number; seconds: number; code: RunErrorCode }): Promise<void> {
    const { clock, log } = this.#options
    this.#setState('waiting')
    log.append({ type: 'run-retry', ...retry, seconds: Math.round(retry.seconds * 10) / 10 })
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = clock.schedule(resolve, Math.max(1, retry.seconds * 1000))
    this.#abort.signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    clock.cancel(timer)
  }

  #failed(error: unknown): void {
    const code = runCode(error)
    const { logger, log } = this.#options
    const { retryAfter, address, upstream } = error instanceof RiachoError ? error.details : {}
    logger.warn({ err: error, runId: log.start.runId, code, address, upstream }, 'the provider failed')
    this.#end(failure(code, retryAfter))
  }

  /** The one place where a run ends. Aborts the request to the provider, if it goes on. A second end does nothing. */
  #end(end: RunEnd): void {
    if (this.#isOver()) return
    this.#setState('ending')
    for (const event of this.#citations?.end() ?? []) this.#options.log.append(event)
    this.#abort.abort()
    void this.#options.log.finish({ ...end, ...this.#account() }).then(stored => {
      this.#setState('ended')
      this.#endStored.resolve(stored)
    })
  }

  /** The usage, the times and the cost of the reply, as far as they are known. */
  #account(): Pick<RunEnd, 'model' | 'usage' | 'timing' | 'cost' | 'historyFrom' | 'documents'> {
    const { log, costOf } = this.#options
    const usage = sum(this.#usedBefore, this.#usage)
    const model = this.#model
    const cost = usage && costOf?.(model ?? log.start.model, usage)
    const historyFrom = this.#historyFrom
    const documents = this.#documentsTold()
    return {
      ...(model !== undefined && { model }),
      ...(usage && { usage }),
      timing: this.#stopwatch.read(),
      ...(cost && { cost }),
      ...(historyFrom && { historyFrom }),
      ...(documents.length > 0 && { documents }),
    }
  }

  /** The documents that the model got otherwise than their parts say. */
  #documentsTold(): ToldDocument[] {
    const parts = 'request' in this.#options.task ? documentsIn(this.#options.task.request.history) : []
    const said = new Map(parts.map(({ fileId, givenAs }) => [fileId, givenAs]))
    return joinTold(this.#shortened, this.#told).filter(
      ({ fileId, givenAs }) => said.has(fileId) && said.get(fileId) !== givenAs,
    )
  }
}

/** The tokens of two requests together. */
function sum(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (!one || !other) return one ?? other
  const both = { ...one }
  for (const [name, count] of Object.entries(other) as [keyof Usage, number][])
    both[name] = (both[name] ?? 0) + count
  return both
}
