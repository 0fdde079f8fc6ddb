import { callItems, chatCalls, ENCRYPTED, responsesCalls } from './calls.ts'
import type { Api, Ending, Reply } from './reply.ts'

/** A reply as the bytes of its stream: what is sent at once, what is sent step by step, and how it ends. */
export interface Plan {
  head: string
  steps: string[]
  last: string
}

const DEFAULT_TOKENS = ['Olá', ', ', 'mundo', '!']
const DEFAULT_ERROR = { code: 'server_error', message: 'The server had an error.' }
const COMMENT = ': PROCESSING\n\n'
const DONE = 'data: [DONE]\n\n'
/** A frame that is not JSON. */
export const MALFORMED = 'data: {"type":"response.output_text.delta","delta":\n\n'

/** Endings that send no event. */
const SILENT: ReadonlySet<Ending> = new Set(['eof', 'reset', 'hang'])

export const HEARTBEATS = {
  responses: `${COMMENT}event: keepalive\ndata: {"type":"keepalive","sequence_number":0}\n\n`,
  chat: COMMENT,
}

/** The reply as a stream of `api`. */
export function planOf(reply: Reply, api: Api, model: string): Plan {
  if (reply.recording) return recordedPlan(reply.recording, api)
  return api === 'chat' ? chatPlan(reply, model) : responsesPlan(reply, { id: 'resp_1', model })
}

export interface ResponsesPlanOptions {
  id: string
  model: string
  /** Whether its end is stored even if its stream is cut before. */
  isKept?: boolean
}

/** The reply as a stream of the Responses API. A recording keeps its own id. */
export function responsesPlan(reply: Reply, options: ResponsesPlanOptions): Plan & { id: string } {
  const { recording } = reply
  if (!recording) return { ...scriptedPlan(reply, options), id: options.id }
  const { response } = JSON.parse(recording[0] ?? '{}') as { response?: { id?: string } }
  const plan = recordedPlan(recording, 'responses')
  return {
    ...plan,
    last: plan.steps.at(-1) ?? '',
    steps: plan.steps.slice(0, -1),
    id: response?.id ?? options.id,
  }
}

function recordedPlan(recording: readonly string[], api: Api): Plan {
  if (api === 'chat') return { head: '', steps: recording.map(line => `data: ${line}\n\n`), last: DONE }
  const nameOf = (line: string) => (JSON.parse(line) as { type: string }).type
  return { head: '', steps: recording.map(line => `event: ${nameOf(line)}\ndata: ${line}\n\n`), last: '' }
}

function scriptedPlan(reply: Reply, { id, model, isKept = false }: ResponsesPlanOptions): Plan {
  let sequence = 0
  const frame: ResponsesFrame = (type, fields) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`
  const response = (status: string, fields: object = {}) => ({
    response: {
      id,
      object: 'response',
      status,
      model,
      output: [],
      usage: null,
      error: null,
      ...fields,
    },
  })
  const head =
    frame('response.created', response('queued')) + frame('response.in_progress', response('in_progress'))
  const steps = [
    ...reasoningSteps(reply, frame),
    ...messageSteps(reply, frame),
    ...responsesCalls(reply, frame),
  ]

  const usage = responsesUsage(reply)
  const incomplete = (reason: string) =>
    frame('response.incomplete', response('incomplete', { incomplete_details: { reason }, usage }))
  const error = errorOf(reply)
  const endings: Partial<Record<Ending, () => string>> = {
    'output-limit': () => incomplete('max_output_tokens'),
    'content-filter': () => incomplete('content_filter'),
    error: () => frame('error', { error }),
    'flat-error': () => frame('error', { code: error.code, message: error.message, param: null }),
    failed: () => frame('error', { error }) + frame('response.failed', response('failed', { error })),
    malformed: () => (isKept ? complete() : MALFORMED),
  }
  const complete = () => {
    const output = outputOf(reply)
    const message = output.find(item => 'role' in item)
    return (
      (message ? frame('response.output_item.done', { output_index: 1, item: message }) : '') +
      frame('response.completed', response('completed', { output, usage }))
    )
  }
  const last = isKept ? (endings[reply.ending ?? 'complete'] ?? complete)() : lastOf(reply, endings, complete)
  return { head, steps, last }
}

type ResponsesFrame = (type: string, fields: object) => string

function reasoningSteps(reply: Reply, frame: ResponsesFrame): string[] {
  const place = { item_id: 'rs_1', output_index: 0, summary_index: 0 }
  return (reply.reasoning ?? []).map((delta, index) => {
    const opening =
      index > 0
        ? ''
        : frame('response.output_item.added', {
            output_index: 0,
            item: { id: 'rs_1', type: 'reasoning', summary: [] },
          }) +
          frame('response.reasoning_summary_part.added', {
            ...place,
            part: { type: 'summary_text', text: '' },
          })
    const isLast = index === (reply.reasoning ?? []).length - 1
    const item = isLast ? outputOf(reply)[0] : undefined
    return (
      opening +
      frame('response.reasoning_summary_text.delta', { ...place, delta }) +
      (item ? frame('response.output_item.done', { output_index: 0, item }) : '')
    )
  })
}

function messageSteps(reply: Reply, frame: ResponsesFrame): string[] {
  const place = { item_id: 'msg_1', output_index: 1, content_index: 0 }
  const noise = () =>
    reply.noise ? HEARTBEATS.responses + frame('response.river_call.delta', { delta: 'unknown' }) : ''
  const deltas = [
    ...tokensOf(reply).map(
      delta => ['response.output_text.delta', { ...place, delta, logprobs: [] }] as const,
    ),
    ...(reply.refusal ?? []).map(delta => ['response.refusal.delta', { ...place, delta }] as const),
    ...(reply.sources ?? []).map((source, annotation_index) => {
      const annotation = { type: 'url_citation', start_index: 0, end_index: 1, ...source }
      return ['response.output_text.annotation.added', { ...place, annotation_index, annotation }] as const
    }),
  ]
  return deltas.map(([type, fields], index) => {
    const opening =
      index > 0 ? '' : frame('response.output_item.added', { output_index: 1, item: messageItem([]) })
    return opening + noise() + frame(type, fields)
  })
}

function lastOf(
  reply: Reply,
  endings: Partial<Record<Ending, () => string>>,
  complete: () => string,
): string {
  const { ending = 'complete' } = reply
  if (SILENT.has(ending)) return ''
  const last = (endings[ending] ?? complete)()
  return ending === 'unterminated' ? last.slice(0, -2) : last
}

function tokensOf(reply: Reply): readonly string[] {
  return reply.tokens ?? DEFAULT_TOKENS
}

function errorOf(reply: Reply) {
  return { type: 'server_error', param: null, ...(reply.error ?? DEFAULT_ERROR) }
}

/** The output that the response keeps of the reply. */
function outputOf(reply: Reply): object[] {
  const { reasoning = [], refusal = [], sources = [] } = reply
  const annotations = sources.map(source => ({
    type: 'url_citation',
    start_index: 0,
    end_index: 1,
    ...source,
  }))
  const summary = [{ type: 'summary_text', text: reasoning.join('') }]
  const text = tokensOf(reply).join('')
  return [
    ...(reasoning.length > 0
      ? [{ id: 'rs_1', type: 'reasoning', summary, ...(reply.calls && { encrypted_content: ENCRYPTED }) }]
      : []),
    messageItem([
      ...(text === '' ? [] : [{ type: 'output_text', annotations, logprobs: [], text }]),
      ...(refusal.length > 0 ? [{ type: 'refusal', refusal: refusal.join('') }] : []),
    ]),
    ...callItems(reply),
  ]
}

function messageItem(content: object[]) {
  const status = content.length === 0 ? 'in_progress' : 'completed'
  return { id: 'msg_1', type: 'message', role: 'assistant', status, content }
}

function responsesUsage(reply: Reply) {
  const { input, output, cached = 0, reasoning = 0 } = usageOf(reply)
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}

function usageOf(reply: Reply) {
  return reply.usage ?? { input: 12, output: tokensOf(reply).length }
}

function chatPlan(reply: Reply, model: string): Plan {
  const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
  const chunk = (choices: object[], fields: object = {}) =>
    data({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model,
      choices,
      usage: null,
      ...fields,
    })
  const delta = (fields: object, finish_reason: string | null = null) =>
    chunk([{ index: 0, delta: fields, logprobs: null, finish_reason }])
  const noise = () => (reply.noise ? COMMENT + delta({ role: null, content: null }) : '')

  const azure = data({ choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [] })
  const head = (reply.noise ? azure : '') + delta({ role: 'assistant', content: '', refusal: null })
  const steps = [
    ...(reply.reasoning ?? []).map(reasoning_content => delta({ reasoning_content, content: null })),
    ...tokensOf(reply).map(content => noise() + delta({ content })),
    ...(reply.refusal ?? []).map(refusal => delta({ refusal })),
    ...chatCalls(reply).map(fields => delta(fields)),
    ...(reply.sources ?? []).map(source =>
      delta({
        annotations: [{ type: 'url_citation', url_citation: { start_index: 0, end_index: 1, ...source } }],
      }),
    ),
  ]

  const { input, output, cached = 0, reasoning = 0 } = usageOf(reply)
  const usage = chunk([], {
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
    },
  })
  const error = errorOf(reply)
  const finish = (reason: string) => delta({}, reason) + usage + DONE
  const endings: Partial<Record<Ending, () => string>> = {
    'output-limit': () => finish('length'),
    'content-filter': () => finish('content_filter'),
    error: () => data({ error }) + DONE,
    'flat-error': () => data({ object: 'error', ...error }) + DONE,
    failed: () => data({ error }) + DONE,
    malformed: () => MALFORMED,
    'no-done': () => delta({}, 'stop'),
    'no-finish': () => DONE,
    'finish-error': () => chunk([{ index: 0, delta: { content: '' }, finish_reason: 'error' }], { error }),
    'error-field': () => `error: ${JSON.stringify(error)}\n\n`,
  }
  return { head, steps, last: lastOf(reply, endings, () => finish(reply.calls ? 'tool_calls' : 'stop')) }
}
