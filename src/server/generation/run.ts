import { RiachoError, type RunErrorCode } from '../../protocol/errors.ts'
import type { RunEnd } from '../../protocol/events.ts'
import { CallsCheckpoint } from './callsUnderWay.ts'
import { type Pictures, picturesOf } from './pictures.ts'
import { DETACHED, forEachChunk, isShown, type ProviderChunk } from './provider.ts'
import { ReplyWriter } from './replyWriter.ts'
import { retryDelay, waitToRetry } from './retryDelay.ts'
import { failure, failureOf, runCode } from './runFailure.ts'
import type { RunOptions } from './runOptions.ts'
import { RunProgress, type RunState } from './runProgress.ts'
import { type CallingSoFar, RunRequest } from './runRequest.ts'
import { type NextStep, Steps } from './steps.ts'
import { type RunTimes, Stopwatch } from './stopwatch.ts'
import { NO_CALLING } from './tools.ts'
import { UsageCount } from './usageCount.ts'

/** The most text that the run takes from a provider while the database stores nothing, in UTF-16 units. */
const MAX_UNSTORED = 256 * 1024

/**
 * One attempt to write one assistant message. A run belongs to no request. It continues without readers, and only
 * `stop` and `fail` end it early. `RunProgress` says where it can be.
 */
export class Run {
  /** Resolves with the end once it is stored. */
  readonly ended: Promise<RunEnd>

  readonly #options: RunOptions
  readonly #abort = new AbortController()
  readonly #endStored = Promise.withResolvers<RunEnd>()
  readonly #progress: RunProgress
  readonly #request: RunRequest
  readonly #steps: Steps
  readonly #stopwatch: Stopwatch
  readonly #writer: ReplyWriter
  readonly #pictures: Pictures | undefined
  readonly #used: UsageCount
  #mayCall = true
  /** The provider can resume from a checkpoint that is stored. */
  #canDetach: boolean
  readonly #calls: CallsCheckpoint

  constructor(options: RunOptions) {
    const { clock, startedAt, task, log, calling = NO_CALLING } = options
    this.#options = options
    this.#progress = new RunProgress(clock)
    this.#request = new RunRequest(options)
    const begun = ('kept' in task ? task.kept.parts : log.parts) ?? []
    const { underWay, request } = 'request' in task ? task : {}
    this.#used = new UsageCount(options)
    this.#calls = new CallsCheckpoint(log, { isKept: underWay !== undefined })
    this.#steps = new Steps({
      ...options,
      ...calling,
      onRepeatable: calls => {
        const { usage: used, cost } = this.#used.sum
        if (request) this.#calls.keep({ ...calls, used, cost, locale: request.locale })
      },
    })
    this.#pictures = picturesOf(options, {
      append: event => this.#writer.append(event),
      isOver: () => this.#progress.isOver,
    })
    this.#stopwatch = new Stopwatch({ clock, startedAt, ...((!request || underWay) && { missed: begun }) })
    this.#writer = new ReplyWriter({
      ...options,
      begun,
      history: this.#request.history,
      stopwatch: this.#stopwatch,
      onFull: () => this.#end(failure('OUTPUT_LIMIT')),
    })
    this.#canDetach = 'kept' in task
    if (this.#canDetach) this.#progress.goTo('streaming')
    this.ended = this.#endStored.promise
    this.#generate().catch(error => this.#failed(error))
  }

  get state(): RunState {
    return this.#progress.state
  }

  /** Call it once the run has ended. */
  times(): RunTimes {
    return this.#progress.times(this.#options.startedAt)
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

  /** Leaves the run to the next process. False if it has ended, or if no other process can go on with it. */
  detach(): boolean {
    if (!(this.#canDetach || this.#calls.isKept) || this.#progress.isOver) return false
    this.abandon()
    return true
  }

  /** Leaves the run to another node, which writes it now. */
  abandon(): void {
    if (this.#progress.isOver) return
    this.#progress.goTo('detached')
    this.#abort.abort(this.#canDetach ? DETACHED : undefined)
  }

  async #generate(): Promise<void> {
    const { signal } = this.#abort
    if (this.#writer.isFull) return this.#end(failure('OUTPUT_LIMIT'))
    const { beginsWithCalls } = this.#steps
    const tools = this.#request.tools({ isFresh: beginsWithCalls })
    // Without servers and without calls the provider is asked in this turn.
    this.#steps.tools = tools instanceof Promise ? await tools : tools
    if (this.#progress.isOver) return
    // Whatever accepted the run has reserved its first request, unless calls come before it.
    let isReserved = !beginsWithCalls
    if (beginsWithCalls) this.#progress.goTo('calling')
    let next: NextStep = beginsWithCalls ? await this.#steps.begin(signal) : 'ask'
    for (; this.#goesOn(next); next = await this.#steps.settle(signal, { mayCall: this.#mayCall })) {
      if (!isReserved && !(await this.#reserve())) return
      isReserved = false
      if (!(await this.#ask())) return
      if (this.#pictures) await this.#pictures.settled()
      if (this.#progress.isOver) return
      if (this.#steps.hasCalls) this.#progress.goTo('calling')
    }
  }

  /** Whether the model is to be asked now. If not, the run has ended, or ends here. */
  #goesOn(next: NextStep): boolean {
    if (this.#progress.isOver) return false
    switch (next) {
      case 'pause':
        this.#end({ status: 'paused' })
        return false
      case 'done': {
        const isAnswered = this.#writer.hasAnswer || this.#steps.hasCalled
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
    if (this.#progress.state === 'calling') {
      this.#writer.learn()
      this.#used.next()
      this.#progress.goTo('asking')
    }
    return true
  }

  /** Asks the provider, as often as it takes. False: the run is over. */
  async #ask(): Promise<boolean> {
    const { maxAttempts, random } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        this.#steps.ask()
        this.#pictures?.forget()
        const { signal } = this.#abort
        await forEachChunk(this.#request.chunks(this.#calling, signal), signal, this.#take)
        if (this.#progress.isOver) return false
        this.#writer.flush()
        return !this.#progress.isOver
      } catch (error) {
        if (this.#progress.isOver) return false
        const code = runCode(error)
        if (code === 'CONTEXT_TOO_LONG' && this.#progress.state === 'asking' && (await this.#shorten())) {
          attempt -= 1
          continue
        }
        const canAskAgain = this.#progress.state === 'asking' && attempt < maxAttempts
        const seconds = canAskAgain ? retryDelay(error, attempt, random) : undefined
        if (seconds === undefined) {
          // What the provider has drawn is kept, whatever it failed at then.
          await this.#pictures?.settled()
          this.#failed(error)
          return false
        }
        this.#forgetAttempt()
        this.#progress.goTo('waiting')
        await waitToRetry({ attempt, seconds, code }, { ...this.#options, signal: this.#abort.signal })
        if (this.#progress.isOver) return false
        this.#progress.goTo('asking')
      }
    }
  }

  get #calling(): CallingSoFar {
    const { tools, reply } = this.#steps
    return { tools, mayCall: this.#mayCall, reply }
  }

  /** Reserves the next request. False: the run is over, also because the request does not fit. */
  async #reserve(): Promise<boolean> {
    const { log, reserveRequest } = this.#options
    const request = this.#request.next(this.#calling)
    if (!request || !reserveRequest) return true
    const { parts, start } = log
    const { counted } = this.#used
    await reserveRequest({ runId: start.runId, request, parts, counted }).catch((error: unknown) => {
      if (!(error instanceof RiachoError)) throw error
      this.#end(failureOf(error))
    })
    return !this.#progress.isOver
  }

  /** Leaves out of the request what it can do without. False if there is nothing, or if the run is over. */
  async #shorten(): Promise<boolean> {
    const without = this.#request.shorten()
    if (!without) return false
    if (without === 'texts') this.#steps.tools = await this.#request.tools({ isFresh: false })
    if (this.#progress.isOver) return false
    this.#forgetAttempt()
    return true
  }

  readonly #take = (chunk: ProviderChunk): void => {
    const { log } = this.#options
    if (this.#progress.isOver) return
    if (this.#progress.state === 'asking' && isShown(chunk)) {
      this.#calls.forget()
      this.#progress.goTo('streaming')
    }
    switch (chunk.type) {
      case 'usage':
        this.#used.usage = chunk.usage
        return
      case 'answered':
        this.#used.model = chunk.model
        return
      case 'told':
        this.#request.tell(chunk.documents)
        return
      case 'checkpoint':
        this.#writer.flush()
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
        if (event) this.#writer.append(event)
        break
      }
      default:
        this.#writer.append(chunk)
    }
    if (log.isRefused && log.unstoredLength > MAX_UNSTORED) this.#end(failure('STORAGE_UNAVAILABLE'))
  }

  /** What came of the failed attempt, and the checkpoint, are not for the next one. */
  #forgetAttempt(): void {
    this.#used.forget()
    this.#request.forget()
    if (!this.#canDetach) return
    this.#canDetach = false
    this.#options.log.setCheckpoint(null)
  }

  #failed(error: unknown): void {
    const code = runCode(error)
    const { logger, log } = this.#options
    const { address, upstream } = error instanceof RiachoError ? error.details : {}
    logger.warn({ err: error, runId: log.start.runId, code, address, upstream }, 'the provider failed')
    this.#end(failureOf(error))
  }

  /** The one place where a run ends. Aborts the request to the provider, if it goes on. A second end does nothing. */
  #end(end: RunEnd): void {
    if (this.#progress.isOver) return
    this.#progress.goTo('ending')
    this.#writer.close()
    this.#calls.forget()
    const known = { ...this.#used.read(), timing: this.#stopwatch.read(), ...this.#request.account() }
    this.#abort.abort()
    void this.#options.log.finish({ ...end, ...known }).then(stored => {
      this.#progress.goTo('ended')
      this.#endStored.resolve(stored)
    })
  }
}
