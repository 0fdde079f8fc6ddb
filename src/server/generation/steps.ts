import type { ContentEvent } from '../../protocol/events.ts'
import type { Part } from '../../protocol/parts.ts'
import type { ToolEnd, ToolState } from '../../protocol/tools.ts'
import type { CallsUnderWay } from './callsUnderWay.ts'
import { callTool } from './callTool.ts'
import { argumentsOf } from './history.ts'
import { type AskingCall, askNow, pause } from './pauseRequests.ts'
import type { CallChunk, KeptItem, ProviderChunk, ReplySoFar } from './provider.ts'
import { type ReadyCall, resumeCalls } from './resumedCalls.ts'
import type { RunOptions, RunTask } from './runOptions.ts'
import { keepGiven } from './toolFiles.ts'
import { AskPerson, type Calling, NO_TOOLS, type ToolSet } from './tools.ts'

/** The most requests to the model of one run, and the most calls. */
const MOST_STEPS = 12
const MOST_CALLS = 40
/** How many calls run side by side. */
const AT_ONCE = 8
/** The most equal calls in a row. The next one ends in an error, because its answer would not change. */
const MOST_EQUAL = 3
/** The most calls of one request that readers are told of. The rest are ignored. */
const MOST_TOLD = 100
const ENOUGH = 'This call did not run, because the reply has made enough calls.'
/** A provider's name for a call is used if it is long enough to be unlike others. */
const GOOD_ID = /^[\w.:-]{9,64}$/

export interface StepsOptions
  extends Pick<RunOptions, 'task' | 'log' | 'clock' | 'logger' | 'keeper'>,
    Pick<Calling, 'approvals' | 'liveQuestions' | 'createId'> {
  /** Only calls that may be made again are about to begin. What it gets is stored with their `tool-run`. */
  onRepeatable: (calls: Pick<CallsUnderWay, 'digests' | 'kept'>) => void
}

/**
 * `ask`: the model is asked again. `conclude`: it is asked once more, and has to answer without calls. `pause`: a person has
 * to decide something. `done`: there is nothing more to do.
 */
export type NextStep = 'ask' | 'conclude' | 'pause' | 'done'

/**
 * The steps of one run: what the model calls, and what the tools answer. It stores a call before the tool is called, and
 * the answer before the model is asked again. So a call whose process dies is known to have begun, and nobody makes it
 * twice.
 */
export class Steps {
  /** What the model may call. The run sets it before it begins. */
  tools: ToolSet = NO_TOOLS
  readonly #options: StepsOptions
  /** Absent if the provider kept the reply. */
  readonly #task: RunTask | undefined
  /** The parts that an earlier run wrote, and that the provider gets as a reply that broke off. */
  readonly #from: number
  readonly #kept: Map<number, readonly KeptItem[]>
  #step: number
  #asked = 0
  /** Calls that the model began, and those of them that could run. */
  #count = 0
  #made = 0
  /** Of the request that is under way, by the provider's number. */
  #calls: { callId: string }[] = []
  #lastCall = ''
  #equal = 0

  constructor(options: StepsOptions) {
    this.#options = options
    const { task, log } = options
    const { parts } = log
    this.#task = 'request' in task ? task : undefined
    this.#from = this.#task?.request.partial?.length ?? 0
    this.#kept = new Map(this.#task?.keptItems ?? this.#task?.underWay?.kept)
    this.#step = parts.reduce((last, part) => (part.type === 'tool' ? Math.max(last, part.step) : last), 0)
  }

  /** Whether there is something to call before the model is asked. */
  get beginsWithCalls(): boolean {
    const { decisions = [], answered = [], underWay } = this.#task ?? {}
    return decisions.length + answered.length > 0 || underWay !== undefined
  }

  /** Whether the run has called anything. */
  get hasCalled(): boolean {
    return this.#count > 0
  }

  /** What the provider gets of this reply. */
  get reply(): ReplySoFar | undefined {
    const parts = this.#options.log.parts.slice(this.#from)
    return parts.some(({ type }) => type === 'tool') ? { parts, kept: this.#kept } : undefined
  }

  /** The model is asked. What an attempt before it told counts no more. */
  ask(): void {
    this.#calls = []
    this.#kept.delete(this.#step + 1)
  }

  /** Whether the request that is under way has asked for calls. */
  get hasCalls(): boolean {
    return this.#calls.length > 0
  }

  /** Takes what the provider tells of calls. Returns the event that readers see. */
  take(chunk: CallChunk | Extract<ProviderChunk, { type: 'kept' }>): ContentEvent | undefined {
    // A model that was told of no tools may call some nevertheless.
    if (this.tools.size === 0) return undefined
    if (chunk.type === 'kept') {
      const step = this.#step + 1
      this.#kept.set(step, [...(this.#kept.get(step) ?? []), chunk.item])
      return undefined
    }
    if (chunk.type === 'call-delta') {
      const call = this.#calls[chunk.call]
      return call && { type: 'tool-delta', callId: call.callId, content: chunk.content }
    }
    if (this.#calls.length >= MOST_TOLD) return undefined
    const { name, id = '' } = chunk
    const callId = GOOD_ID.test(id) && !this.#isKnown(id) ? id : `call_${this.#options.createId()}`
    this.#calls[chunk.call] = { callId }
    this.#count += 1
    const { server, title } = this.tools.get(name) ?? {}
    return {
      type: 'tool-start',
      callId,
      tool: name,
      ...(server !== undefined && { server }),
      ...(title !== undefined && { title }),
      step: this.#step + 1,
    }
  }

  #isKnown(callId: string): boolean {
    return (
      this.#calls.some(call => call?.callId === callId) ||
      this.#options.log.parts.some(part => part.type === 'tool' && part.callId === callId)
    )
  }

  /**
   * Makes the calls that a person has decided about, goes on with those that have their answers, and repeats those whose process
   * died. Throws `REPLY_INTERRUPTED` if one of these cannot be repeated.
   */
  async begin(signal: AbortSignal): Promise<NextStep> {
    const { log } = this.#options
    const { decisions = [], answered = [], underWay } = this.#task ?? {}
    const { ready, asking } = resumeCalls({
      log,
      decisions,
      answered,
      underWay,
      toolOf: name => this.tools.get(name),
      prepare: call => this.#prepare(call),
    })
    this.#count += decisions.length + answered.length + Object.keys(underWay?.digests ?? {}).length
    return this.#make(ready, { asking, reason: 'changed', signal })
  }

  /** The model has said all. Makes the calls that it asked for, unless it may call no more. */
  async settle(signal: AbortSignal, { mayCall }: { mayCall: boolean }): Promise<NextStep> {
    const { log } = this.#options
    this.#asked += 1
    const ids = new Set(this.#calls.map(call => call?.callId))
    this.#calls = []
    if (ids.size === 0) return 'done'
    this.#step += 1
    if (!(await log.whenSynced()) || signal.aborted) return 'done'
    const calls = log.parts.filter(part => part.type === 'tool' && ids.has(part.callId)) as (Part &
      ToolState)[]
    if (!mayCall) {
      for (const call of calls) this.#end(call, { status: 'failed', content: ENOUGH })
      return 'conclude'
    }
    const { ready, asking } = await this.#sort(calls)
    return this.#make(ready, { asking, reason: 'asked', signal })
  }

  /** Which calls may run, and which of them a person decides about. All others end here. */
  async #sort(calls: readonly ToolState[]): Promise<{ ready: ReadyCall[]; asking: ReadyCall[] }> {
    const { approvals, log } = this.#options
    const { ownerId, start } = log
    const found = calls.flatMap(call => this.#prepare(call) ?? [])
    const guarded = found.filter(({ tool }) => tool.asks)
    const granted =
      guarded.length === 0
        ? new Set<string>()
        : await approvals.granted(
            { conversationId: start.conversationId, ownerId },
            guarded.map(({ tool }) => tool),
          )
    const asks = ({ tool }: ReadyCall) => tool.asks && !granted.has(tool.name)
    return { ready: found.filter(each => !asks(each)), asking: found.filter(asks) }
  }

  /** The tool of a call and its arguments. A call that cannot run ends here. */
  #prepare(call: ToolState): ReadyCall | undefined {
    const tool = this.tools.get(call.tool)
    const args = argumentsOf(call)
    const fail = (content: string) => this.#end(call, { status: 'failed', content })
    const asWritten = `${call.tool} ${call.arguments}`
    this.#equal = asWritten === this.#lastCall ? this.#equal + 1 : 1
    this.#lastCall = asWritten
    if (!tool) fail('There is no tool of this name now, so nothing was called.')
    else if (!args) fail('The arguments are not a JSON object, so the tool was not called.')
    else if (this.#equal > MOST_EQUAL)
      fail('This is the same call again. Its answer does not change. Answer without it.')
    else if (++this.#made > MOST_CALLS)
      fail(`This reply has made ${MOST_CALLS} calls, which is the most. Answer without more.`)
    else return { call, tool, args }
    return undefined
  }

  async #make(
    ready: readonly ReadyCall[],
    {
      asking,
      reason,
      signal,
    }: { asking: readonly ReadyCall[]; reason: 'asked' | 'changed'; signal: AbortSignal },
  ): Promise<NextStep> {
    const { log } = this.#options
    if (signal.aborted) return 'done'
    const isRepeatable = ready.length > 0 && asking.length === 0 && ready.every(canRepeat)
    if (isRepeatable) this.#options.onRepeatable({ digests: digestsOf(ready), kept: [...this.#kept] })
    for (const { call } of ready) {
      const { callId, arguments: args, attempt } = call
      log.append({ type: 'tool-run', callId, arguments: args, attempt: attempt + 1 })
    }
    // Whatever happens to this process now, the next one knows that these calls were made.
    if (ready.length > 0 && (!(await log.whenSynced()) || signal.aborted)) return 'done'
    const waiting = [...ready]
    const asked: AskingCall[] = []
    const work = async () => {
      for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
        const question = await this.#call(next, signal)
        if (question) asked.push({ ...next, asked: question })
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ready.length) }, work))
    if (signal.aborted) return 'done'
    await pause(this.#options, { asking, asked, reason, kept: this.#kept, signal })
    if (!(await log.whenSynced()) || signal.aborted) return 'done'
    if (asking.length + asked.length > 0) return 'pause'
    return this.#asked >= MOST_STEPS || this.#count >= MOST_CALLS ? 'conclude' : 'ask'
  }

  /** Gives what the call has to ask a person first. Otherwise it has ended. */
  async #call(
    { call, tool, args, answered }: ReadyCall,
    signal: AbortSignal,
  ): Promise<AskPerson | undefined> {
    const { log, clock, logger } = this.#options
    const { ownerId, start } = log
    const { callId } = call
    const { conversationId, messageId } = start
    const end = await callTool({
      tool,
      args,
      context: {
        ownerId,
        conversationId,
        callId: keyOf(messageId, callId),
        signal,
        ...(answered && { answered }),
        ask: (question, call) => askNow(this.#options, { callId, question, call, run: signal }),
      },
      onProgress: progress => log.append({ type: 'tool-progress', callId, ...progress }),
      clock,
      logger,
    })
    if (end instanceof AskPerson) return end
    if (!end || signal.aborted) return undefined
    const kept = await keepGiven(end, { ...this.#options, ownerId, tool })
    if (!signal.aborted) this.#end(call, kept)
    return undefined
  }

  #end({ callId }: ToolState, end: ToolEnd): void {
    this.#options.log.append({ type: 'tool-end', callId, ...end })
  }
}

/** What a person has answered is kept nowhere, so a call that goes on with it is never made again. */
function canRepeat({ tool, answered }: ReadyCall): boolean {
  return tool.isRepeatable === true && !answered
}

function digestsOf(calls: readonly ReadyCall[]): Record<string, string> {
  return Object.fromEntries(calls.map(({ call, tool }) => [call.callId, tool.digest]))
}

/** What a tool knows a call by. A provider may name two calls alike in two replies. */
function keyOf(messageId: string, callId: string): string {
  return `${messageId}/${callId}`
}
