import type { Source } from '../../src/protocol/parts.ts'
import type { GateKeeper } from './gate.ts'

export type Api = 'responses' | 'chat'

/**
 * How a reply ends once its tokens are sent.
 *
 * - `complete`: as the API defines. `unterminated`: the same without the last blank line. `linger`: the same, and the
 *   response stays open. `eof`: a clean end without a terminal event. `reset`: a TCP reset. `hang`: silence.
 * - `output-limit`, `content-filter`: the provider ends the reply early.
 * - `error`: an error event. `flat-error`: its other shape (vLLM's, with chat). `failed`: `error`, then
 *   `response.failed`.
 * - `malformed`: a frame that is not JSON.
 * - `cancelled`: somebody else cancels a background response.
 * - Only with chat: `no-done`: no `[DONE]`. `no-finish`: `[DONE]` without a finish reason. `finish-error`: the error of
 *   OpenRouter. `error-field`: the old `error:` line of llama.cpp, which is no event.
 */
export type Ending =
  | 'complete'
  | 'unterminated'
  | 'linger'
  | 'eof'
  | 'reset'
  | 'hang'
  | 'output-limit'
  | 'content-filter'
  | 'error'
  | 'flat-error'
  | 'failed'
  | 'malformed'
  | 'cancelled'
  | 'no-done'
  | 'no-finish'
  | 'finish-error'
  | 'error-field'

/** A call of a tool, as a model makes it. */
export interface ScriptedCall {
  name: string
  /** JSON text. It is sent in three pieces. */
  arguments: string
  /** Default: `call_` and its number. */
  id?: string
}

export interface Reply {
  /** Text deltas. */
  tokens?: readonly string[]
  /** Deltas of reasoning, before the text. Responses sends them as a summary, chat as `reasoning_content`. */
  reasoning?: readonly string[]
  /** Deltas of a refusal, after the text. */
  refusal?: readonly string[]
  /** Calls of tools, after the text. */
  calls?: readonly ScriptedCall[]
  /** URL citations, after the text. */
  sources?: readonly Source[]
  usage?: { input: number; output: number; cached?: number; reasoning?: number }
  /** Milliseconds before each step (every delta, every source, the ending). */
  delayMs?: number
  /** Holds each step until the test lets it pass. `upstream.hold` sets it. */
  gate?: GateKeeper
  ending?: Ending
  /** The content of `error`, `flat-error`, `failed` and `finish-error`. */
  error?: { code: string | number; message: string }
  /** Before a `hang` or `reset`, sends nothing at all, not even headers. */
  silent?: boolean
  /** Comments, keepalives, unknown events and empty chunks between the deltas. */
  noise?: boolean
  /** While it hangs, sends a comment and a keepalive event this often, in milliseconds. */
  heartbeatMs?: number
  /** Answers with this status instead of a stream. */
  status?: number
  headers?: Readonly<Record<string, string>>
  /** With `status`: a string is sent as HTML, anything else as JSON. */
  body?: unknown
  /** Recorded events, one JSON text each. They replace those of the reply. */
  recording?: readonly string[]
  /** The bytes of the body, one write each. They replace those of the reply. */
  chunks?: readonly Uint8Array[]
  /** Cuts the stream into writes of this many bytes. */
  chunkBytes?: number
  /** Ends lines with CR LF. */
  crlf?: boolean
  /** What happens if the request asks for a background response. */
  background?: BackgroundScript
}

/**
 * What happens to the streams of a background response. The response itself is always written to its end: `eof`,
 * `reset` and `malformed` cut only the streams.
 */
export interface BackgroundScript {
  /** Whether the first events wait for the gate, as a step does. */
  holdsHead?: boolean
  /** The number of events after which each stream is cut, in the order of the requests. Later streams are complete. */
  cuts?: readonly number[]
  /** Answers to `GET …?stream=true` instead of a stream, in order. A single name answers all of them. */
  streams?: readonly (Reply | Scenario)[] | Scenario
  /** Answers to polls instead of the response, in order. */
  polls?: readonly (Reply | Scenario)[]
}

const QUOTA = { code: 'insufficient_quota', message: 'You exceeded your current quota.' }
const OVERLOADED = { code: 'server_is_overloaded', message: 'The server is overloaded.' }

const refusal = (status: number, error: object, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: { error: { type: 'invalid_request_error', param: null, ...error } },
})

/** Replies by name, for tests and for `serve.ts --scenario`. */
export const SCENARIOS = {
  normal: {},
  noisy: { noise: true },
  crlf: { crlf: true, noise: true },
  'every-byte': { chunkBytes: 1, noise: true },
  reasoning: { reasoning: ['Pensando', ' em peixes…'] },
  refusal: { tokens: [], refusal: ['Não posso', ' ajudar com isso.'] },
  sources: { sources: [{ url: 'https://example.com/rio', title: 'O rio' }] },
  unterminated: { ending: 'unterminated' },
  linger: { ending: 'linger' },
  eof: { ending: 'eof' },
  reset: { ending: 'reset' },
  malformed: { ending: 'malformed' },
  error: { ending: 'error', error: OVERLOADED },
  'flat-error': { ending: 'flat-error', error: OVERLOADED },
  failed: { ending: 'failed', error: QUOTA },
  'output-limit': { ending: 'output-limit' },
  'content-filter': { ending: 'content-filter' },
  'hang-before-headers': { silent: true, ending: 'hang' },
  'hang-before-text': { tokens: [], ending: 'hang' },
  'hang-between-tokens': { ending: 'hang' },
  'reset-before-headers': { silent: true, ending: 'reset' },
  unauthorized: refusal(401, { code: 'invalid_api_key', message: 'Incorrect API key provided: sk-te***st.' }),
  'rate-limit': refusal(429, { code: 'rate_limit_exceeded', message: 'Rate limit reached.' }),
  'rate-limit-retry-after': refusal(
    429,
    { code: 'rate_limit_exceeded', message: 'Rate limit reached.' },
    { 'retry-after': '2' },
  ),
  quota: refusal(429, QUOTA),
  'context-too-long': refusal(400, {
    code: 'context_length_exceeded',
    message: 'Your input exceeds the context window of this model.',
  }),
  'model-not-found': refusal(404, {
    code: 'model_not_found',
    message: 'The model does not exist.',
    param: 'model',
  }),
  'server-error': refusal(500, { type: 'server_error', message: 'The server had an error.' }),
  overloaded: refusal(503, OVERLOADED),
  'bad-gateway': { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' },
  'too-old': refusal(400, {
    message: 'This response can no longer be streamed because it is more than 5 minutes old.',
  }),
  'unknown-response': refusal(404, { message: "Response with id 'resp_x' not found." }),
  'cannot-cancel': refusal(400, { message: 'Cannot cancel a completed response.' }),
  'html-page': { status: 200, body: '<html><body>Sign in to this network</body></html>' },
} as const satisfies Record<string, Reply>

export type Scenario = keyof typeof SCENARIOS

/** Cuts `text` as models do: about one word each, with the space before it. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? []
}

/** `count` different tokens that are easy to check: ` t0`, ` t1`, … */
export function countedTokens(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ` t${index}`)
}
