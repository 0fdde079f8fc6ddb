import { ToolError } from '../../generation/tools.ts'
import { CUT_OFF } from './transports.ts'

/** The part of an error of the MCP client that says what happened. */
interface Fault {
  code?: unknown
  status?: unknown
  message?: unknown
  cause?: unknown
}

/** Nothing listens, or nobody knows the address: no byte of the request has left. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ENOENT',
  'EACCES',
  'NOT_CONNECTED',
])

/** An error and its causes, the deepest one last. */
function chainOf(error: unknown): Fault[] {
  const { cause } = Object(error) as Fault
  return cause === undefined ? [Object(error)] : [Object(error), ...chainOf(cause)]
}

/** The deepest code says best what happened. */
function codeOf(error: unknown): unknown {
  return chainOf(error).findLast(({ code }) => code !== undefined)?.code
}

function statusOf(error: unknown): number | undefined {
  const status = chainOf(error).findLast(fault => typeof fault.status === 'number')?.status
  return typeof status === 'number' ? status : undefined
}

/** Answers of a server, or of a gateway before it, that come before anything is done. Others may come later. */
const REFUSALS = new Set([401, 403, 404, 405])

/** Whether the server did certainly nothing: the request never arrived, or was refused before it was read. */
export function wasRefused(error: unknown): boolean {
  const status = statusOf(error)
  if (NOT_CONNECTED.has(String(codeOf(error))) || isSessionGone(error)) return true
  return status !== undefined && ((status >= 300 && status < 400) || REFUSALS.has(status))
}

/**
 * Whether the server did certainly nothing, and a new connection may do what this one could not: a server that has begun
 * anew knows no earlier session. It says so by 404, or by 400 and the word.
 */
export function isSessionGone(error: unknown): boolean {
  const status = statusOf(error)
  if (NOT_CONNECTED.has(String(codeOf(error))) || status === 404) return true
  return status === 400 && chainOf(error).some(({ message }) => /session/i.test(String(message)))
}

/** Whether the server has answered, so that it does nothing more for the request. */
export function isAnswer(error: unknown): boolean {
  const code = codeOf(error)
  return typeof code === 'number' && code !== CUT_OFF
}

/** Whether the connection broke, or the server failed, while it may have been working. */
function brokeOff(error: unknown): boolean {
  const code = codeOf(error)
  const isNetwork = chainOf(error).some(
    ({ message }) => message === 'fetch failed' || message === 'terminated',
  )
  return isNetwork || statusOf(error) !== undefined || code === CUT_OFF || code === 'CONNECTION_CLOSED'
}

/** Says in a few words what is wrong with a server. It may hold a text of the server. */
export function reasonOf(error: unknown): string {
  const status = statusOf(error)
  if (status === 401 || status === 403) return `the server refuses the credentials (HTTP ${status})`
  if (status !== undefined && status >= 300 && status < 400)
    return `the server redirects (HTTP ${status}), and Riacho follows no redirects`
  if (status !== undefined) return `the server answers HTTP ${status}`
  const code = codeOf(error)
  if (code === 'ECONNREFUSED') return 'the connection is refused'
  if (code === 'ENOTFOUND') return 'the name of the host does not resolve'
  if (code === 'ENOENT') return 'there is no such program'
  if (code === 'CONNECTION_CLOSED') return 'the connection was closed'
  if (code === 'REQUEST_TIMEOUT') return 'no answer in time'
  return String(chainOf(error).at(-1)?.message ?? error)
}

/** The failure of a call, for the model. It says whether the call may have had an effect. */
export function callFailure(
  error: unknown,
  { server, timeout }: { server: string; timeout: number },
): ToolError {
  const code = codeOf(error)
  if (wasRefused(error))
    return new ToolError(
      `The tool was not called, because the server ${server} cannot be used: ${reasonOf(error)}.`,
    )
  if (code === 'REQUEST_TIMEOUT')
    return new ToolError(`The server ${server} said nothing for ${timeout / 1000} s. ${MAY_HAVE_HAPPENED}`)
  if (brokeOff(error))
    return new ToolError(`The connection to the server ${server} broke. ${MAY_HAVE_HAPPENED}`)
  return new ToolError(`The server ${server} answered with an error: ${reasonOf(error)}`)
}

const MAY_HAVE_HAPPENED = 'The call may have had an effect.'
