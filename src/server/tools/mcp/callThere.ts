import type { CallToolResult, Client } from '@modelcontextprotocol/client'
import type { Clock } from '../../clock.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import { AskPerson, type ToolAnswer, type ToolContext, ToolError } from '../../generation/tools.ts'
import { Silence } from '../../silence.ts'
import { answerOf } from './answerOf.ts'
import { callFailure } from './callFailure.ts'
import { elicitResultOf, questionOf } from './questions.ts'
import type { ServerLink } from './serverLink.ts'
import { type SignInNeeded, signInNeeded } from './signInNeeded.ts'

/** The longest that any call may last, in milliseconds. */
const LONGEST_CALL = 600_000
/** The most of a message of progress, in UTF-16 units. */
const LONGEST_MESSAGE = 300
/** The most that a server wants to have back with answers, in UTF-16 units. */
const LONGEST_STATE = 100_000
/** How often a server may want to be asked again without a person, and after which pause, in milliseconds. */
const MOST_ROUNDS = 10
const ROUND_PAUSE = 250
/** The most questions of one call at once. */
const MOST_QUESTIONS = 4

export interface CallThereOptions {
  server: ToolServer
  link: ServerLink
  clock: Clock
  /** Takes secrets out of what a server said. */
  hide: (text: string) => string
  /** The beginning of it. */
  told: (text: string) => string
  /** What the person has granted there. */
  granted: () => string | undefined
}

/** What goes along when a server wants to be asked again. */
interface Round {
  requestState?: string
  inputResponses?: Record<string, unknown>
}

/** What a call keeps while a person answers. */
interface Kept {
  requestState?: string | undefined
  keys: string[]
}

/** Calls a tool of a server. Throws `ToolError`, and `AskPerson` if the person has to do something first. */
export async function callThere(
  options: CallThereOptions,
  { name, args }: { name: string; args: Readonly<Record<string, unknown>> },
  context: ToolContext,
): Promise<ToolAnswer> {
  const { server, clock, hide } = options
  const silence = new Silence(clock, server.timeout)
  try {
    let round = roundOf(context)
    for (let rounds = 0; ; rounds++) {
      const params = { name, arguments: { ...args }, _meta: { 'riacho/callId': context.callId }, ...round }
      const result = await request(options, { params, context, silence })
      if (!asksBack(result)) {
        const answer = answerOf(result)
        const named = answer.files?.map(file => ({ ...file, name: file.name && hide(file.name) }))
        return { ...answer, content: hide(answer.content), ...(named && { files: named }) }
      }
      round = nextRound(result, hide)
      if (rounds === MOST_ROUNDS)
        throw new ToolError('The tool wants to be asked again and again. It may have had an effect.')
      await pause(clock, context.signal)
    }
  } catch (error) {
    throw failureOf(error, { ...options, isSilent: silence.signal.aborted })
  } finally {
    silence.stop()
  }
}

function request(
  { link, hide }: CallThereOptions,
  {
    params,
    context: { signal, onProgress, ask },
    silence,
  }: { params: Parameters<Client['callTool']>[0]; context: ToolContext; silence: Silence },
): Promise<CallToolResult> {
  return link.ask(
    client =>
      client.callTool(params, {
        signal: AbortSignal.any([signal, silence.signal]),
        timeout: LONGEST_CALL,
        maxTotalTimeout: LONGEST_CALL,
        allowInputRequired: true,
        onprogress({ progress, total, message }) {
          silence.heard()
          onProgress({
            done: progress,
            ...(total !== undefined && { total }),
            ...(message !== undefined && { message: hide(message).slice(0, LONGEST_MESSAGE) }),
          })
        },
      }) as Promise<CallToolResult>,
    async elicited => elicitResultOf(await silence.except(() => ask(questionOf(elicited, hide)))),
  )
}

/** What a person has answered goes back to where it was asked. */
function roundOf({ answered }: ToolContext): Round {
  if (!answered || answered.state === '') return {}
  const { requestState, keys } = JSON.parse(answered.state) as Kept
  const responses = keys.map((key, at) => [key, elicitResultOf(answered.answers[at] ?? { action: 'cancel' })])
  return {
    ...(requestState !== undefined && { requestState }),
    ...(keys.length > 0 && { inputResponses: Object.fromEntries(responses) }),
  }
}

function asksBack(result: CallToolResult): boolean {
  return (result as { resultType?: unknown }).resultType === 'input_required'
}

/** Throws `AskPerson` if the server asks something. Otherwise it only wants to be asked again. */
function nextRound(result: CallToolResult, hide: (text: string) => string): Round {
  const { inputRequests = {}, requestState } = result as {
    inputRequests?: Record<string, unknown>
    requestState?: string
  }
  if ((requestState?.length ?? 0) > LONGEST_STATE) throw new ToolError('The tool wants too much back.')
  const keys = Object.keys(inputRequests)
  if (keys.length > MOST_QUESTIONS) throw new ToolError('The tool asks too much at once.')
  if (keys.length === 0) return { ...(requestState !== undefined && { requestState }) }
  const questions = keys.map(key => questionOf(inputRequests[key], hide))
  throw new AskPerson(questions, JSON.stringify({ requestState, keys } satisfies Kept))
}

function failureOf(
  error: unknown,
  { server, told, granted, isSilent, hide }: CallThereOptions & { isSilent: boolean },
): Error {
  if (error instanceof ToolError || error instanceof AskPerson) return error
  const { name, timeout } = server
  const needed = server.signIn && signInNeeded(error, granted())
  if (needed) return askToSignIn(name, needed)
  const urls = urlQuestions(error, hide)
  if (urls) return urls
  const failure = isSilent ? { code: 'REQUEST_TIMEOUT' } : error
  return new ToolError(told(callFailure(failure, { server: name, timeout }).message))
}

/** The question that lets a person sign in at a server. */
export function askToSignIn(server: string, { challenge }: Pick<SignInNeeded, 'challenge'>): AskPerson {
  return new AskPerson([{ mode: 'sign-in', message: '', signIn: { server, ...challenge } }])
}

/** Servers of 2025 refuse a call with this code until the person was somewhere. */
const URL_NEEDED = -32_042

function urlQuestions(error: unknown, hide: (text: string) => string): AskPerson | undefined {
  const { code, data } = Object(error) as { code?: unknown; data?: { elicitations?: unknown } }
  const asked = data?.elicitations
  if (code !== URL_NEEDED || !Array.isArray(asked) || asked.length === 0) return undefined
  try {
    return new AskPerson(
      asked
        .slice(0, MOST_QUESTIONS)
        .map(params =>
          questionOf({ method: 'elicitation/create', params: { ...params, mode: 'url' } }, hide),
        ),
    )
  } catch {
    return undefined
  }
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = clock.schedule(resolve, ROUND_PAUSE)
  signal.addEventListener(
    'abort',
    () => {
      clock.cancel(timer)
      reject(signal.reason)
    },
    { once: true },
  )
  return promise
}
