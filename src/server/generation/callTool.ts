import type { Logger } from 'pino'
import type { ToolEnd, ToolProgress } from '../../protocol/tools.ts'
import type { Clock } from '../clock.ts'
import { Silence } from '../silence.ts'
import {
  AskPerson,
  type PersonAnswer,
  type Tool,
  type ToolContext,
  ToolError,
  type ToolFile,
  type ToolQuestion,
} from './tools.ts'

/** The most of an answer that a model and people get, in UTF-16 units. */
const LONGEST_ANSWER = 50_000
/** A call without progress ends after this long, and any call after the other, in milliseconds. */
const LONGEST_SILENCE = 120_000
const LONGEST_CALL = 600_000
/** Progress is told so often at most, in milliseconds. */
const PROGRESS_INTERVAL = 250

export interface CallOptions {
  tool: Tool
  args: Readonly<Record<string, unknown>>
  context: Omit<ToolContext, 'onProgress' | 'ask'> & {
    /** As `ToolContext.ask`. Rejects when `signal` aborts, and then nobody can answer any more. */
    ask(question: ToolQuestion, signal: AbortSignal): Promise<PersonAnswer>
  }
  onProgress: (progress: ToolProgress) => void
  clock: Clock
  logger: Logger
}

/** How a call ended, and the files that the tool gave, which are not stored yet. */
export interface CallEnd extends ToolEnd {
  given?: readonly ToolFile[]
}

/**
 * Calls a tool. Resolves with how the call ended, also if the tool throws or takes too long, or with what it has to ask a person
 * first. `undefined`: the signal has aborted, and what the tool still answers counts for nothing.
 */
export async function callTool({
  tool,
  args,
  context,
  onProgress,
  clock,
  logger,
}: CallOptions): Promise<CallEnd | AskPerson | undefined> {
  const began = clock.monotonic()
  const limits = timeLimits(clock, context.signal)
  const questions = new OpenQuestions(limits.signal)
  let toldAt = Number.NEGATIVE_INFINITY
  let isOver = false
  const own: ToolContext = {
    ...context,
    signal: limits.signal,
    onProgress(progress) {
      const now = clock.monotonic()
      if (isOver) return
      limits.heard()
      if (limits.signal.aborted || now - toldAt < PROGRESS_INTERVAL) return
      toldAt = now
      onProgress(progress)
    },
    // A person may take longer than a tool.
    ask: question => limits.except(() => questions.wait(signal => context.ask(question, signal))),
  }
  try {
    // A tool may ignore its signal, so the signal itself ends the wait.
    const answer = await Promise.race([tool.run(args, own), limits.over])
    const milliseconds = Math.round(clock.monotonic() - began)
    if (answer === 'late')
      return { status: 'failed', content: 'The tool took too long. It may have had an effect.', milliseconds }
    if (answer === 'aborted') return undefined
    const status = answer.isError ? 'failed' : 'completed'
    const { files: given = [] } = answer
    return { status, ...bounded(answer.content), milliseconds, ...(given.length > 0 && { given }) }
  } catch (error) {
    if (context.signal.aborted) return undefined
    if (error instanceof AskPerson) return error
    const milliseconds = Math.round(clock.monotonic() - began)
    if (error instanceof ToolError) return { status: 'failed', ...bounded(error.message), milliseconds }
    logger.warn({ err: error, tool: tool.name, callId: context.callId }, 'a tool failed')
    return { status: 'failed', content: 'The tool failed.', milliseconds }
  } finally {
    isOver = true
    limits.close()
    await questions.close()
  }
}

/** What a call asks, as long as it lives. A tool may answer before the person does. */
class OpenQuestions {
  readonly #end = new AbortController()
  readonly #signal: AbortSignal
  readonly #open = new Set<Promise<unknown>>()

  constructor(call: AbortSignal) {
    this.#signal = AbortSignal.any([call, this.#end.signal])
  }

  async wait<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const asked = ask(this.#signal)
    this.#open.add(asked)
    try {
      return await asked
    } finally {
      this.#open.delete(asked)
    }
  }

  /** Resolves once nobody can answer any more. */
  async close(): Promise<void> {
    if (this.#open.size === 0) return
    this.#end.abort()
    await Promise.allSettled(this.#open)
  }
}

function bounded(content: string): Pick<ToolEnd, 'content' | 'isTruncated'> {
  const text = content.toWellFormed()
  if (text.length <= LONGEST_ANSWER) return { content: text }
  return { content: text.slice(0, LONGEST_ANSWER).replace(/[\uD800-\uDBFF]$/, ''), isTruncated: true }
}

/** A signal that aborts with `outer`, after a silence, or when the call is too long. `over` says which it was. */
function timeLimits(clock: Clock, outer: AbortSignal) {
  const abort = new AbortController()
  const { promise: over, resolve } = Promise.withResolvers<'late' | 'aborted'>()
  const end = (how: 'late' | 'aborted') => {
    resolve(how)
    abort.abort()
  }
  const onOuter = () => end('aborted')
  outer.addEventListener('abort', onOuter, { once: true })
  if (outer.aborted) onOuter()
  const whole = clock.schedule(() => end('late'), LONGEST_CALL)
  const silence = new Silence(clock, LONGEST_SILENCE)
  silence.signal.addEventListener('abort', () => end('late'), { once: true })
  return {
    signal: abort.signal,
    over,
    heard: () => silence.heard(),
    except: <Value>(wait: () => Promise<Value>) => silence.except(wait),
    close() {
      clock.cancel(whole)
      silence.stop()
      outer.removeEventListener('abort', onOuter)
    },
  }
}
