import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import type {
  ResponseCreateParamsStreaming,
  ResponseIncludable,
  ResponseInputItem,
} from 'openai/resources/responses/responses'
import type { Locale } from '../../../protocol/locale.ts'
import {
  answerOf,
  argumentsOf,
  type CallStep,
  type HistoryItem,
  historyAsText,
  historyWithCalls,
  messageAsText,
  replyItems,
  type TextMessage,
} from '../../generation/history.ts'
import type { ProviderRequest } from '../../generation/provider.ts'
import { type DocumentFiles, NO_FILES, type SentFile } from './documentFiles.ts'
import type { Failure } from './failure.ts'
import { type Images, NO_IMAGES } from './images.ts'

export type Api = 'responses' | 'chat'

/** Asks a model for the rest of its reply, in the language of the conversation's reader. */
const GO_ON: Readonly<Record<Locale, string>> = {
  'pt-BR':
    'Sua última mensagem foi cortada. Continue exatamente do último caractere, no mesmo formato, sem repetir nada e sem comentar.',
  en: 'Your last message was cut off. Go on from its very last character, in the same format, repeating nothing and without comment.',
  es: 'Tu último mensaje se cortó. Continúa exactamente desde el último carácter, en el mismo formato, sin repetir nada y sin comentarios.',
}

/** What the provider does by itself, and what more it is asked to tell. Each stands in a list of the request. */
const WEB_SEARCH = 'web_search'
const PICTURES = 'image_generation'
/** With `chat`: a field of OpenRouter and others, where OpenAI has text and audio. */
export const MODALITIES = 'modalities'
const ENCRYPTED: ResponseIncludable = 'reasoning.encrypted_content'
const FOUND_PAGES: ResponseIncludable = 'web_search_call.action.sources'

/** JPEG, because a picture comes twice in the same stream. */
const PICTURE_TOOL = { type: PICTURES, output_format: 'jpeg', partial_images: 2 } as const

/** Fields that a request can do without. Longer names come first, because a short one matches inside them. */
const DISPENSABLE: Readonly<Record<Api, readonly string[]>> = {
  responses: [
    'stream_options',
    'reasoning.summary',
    'reasoning',
    'temperature',
    'store',
    FOUND_PAGES,
    'include',
    WEB_SEARCH,
    PICTURES,
    'tools',
  ],
  chat: [
    'stream_options',
    'reasoning_effort',
    'temperature',
    'max_completion_tokens',
    'max_tokens',
    'web_search_options',
    'tools',
  ],
}

export interface BodyOptions {
  maxOutputTokens?: number
  /** Only with `responses`: the provider keeps the reply, and writes it without a connection. */
  background?: boolean
  /** Leaves out the summary of the reasoning, because nobody reads it. */
  withoutSummary?: boolean
  /** Dispensable fields that the server has refused. */
  refused: ReadonlySet<string>
  /** What the pictures of the history are. Those that are not here are only named. */
  images?: Images
  /** The documents that go along as files. */
  files?: DocumentFiles
  /** Whose kept items go along. */
  keptOf?: string
}

export const PATHS: Readonly<Record<Api, string>> = { responses: '/responses', chat: '/chat/completions' }

/** The body of a request, with the whole history. The provider is told to keep nothing, except in the background. */
export function bodyOf(api: Api, request: ProviderRequest, options: BodyOptions) {
  return api === 'responses' ? responsesBody(request, options) : chatBody(request, options)
}

/** Messages are plain strings, because some compatible servers reject typed parts in an assistant's message. */
function responsesBody(request: ProviderRequest, options: BodyOptions): ResponseCreateParamsStreaming {
  const { effort, temperature, instructions } = request
  const {
    maxOutputTokens,
    background = false,
    withoutSummary = false,
    refused,
    images = NO_IMAGES,
    files = NO_FILES,
    keptOf,
  } = options
  const hasSummary = !withoutSummary && !refused.has('reasoning.summary')
  return {
    model: request.model,
    input: itemsOf(request, { refused, files }).flatMap(item =>
      responseItems(item, { request, images, files, keptOf }),
    ),
    stream: true,
    ...(instructions && { instructions }),
    ...(maxOutputTokens && { max_output_tokens: maxOutputTokens }),
    ...(background && { background }),
    ...(!refused.has('store') && { store: background }),
    ...toolFields(request, refused),
    ...(!refused.has('stream_options') && { stream_options: { include_obfuscation: false } }),
    ...(temperature !== undefined && !refused.has('temperature') && { temperature }),
    ...(effort &&
      !refused.has('reasoning') && {
        reasoning: { effort, ...(hasSummary && { summary: 'auto' as const }) },
      }),
  }
}

/** The functions that the model may call, and what the provider does by itself. */
function toolFields(request: ProviderRequest, refused: ReadonlySet<string>) {
  const searches = request.search === true && !refused.has(WEB_SEARCH)
  const draws = request.pictures === true && !refused.has(PICTURES)
  const functions = hasTools(request, refused) ? (request.tools ?? []) : []
  const tools = [
    ...functions.map(({ name, description, parameters }) => ({
      type: 'function' as const,
      name,
      description,
      parameters,
      strict: false,
    })),
    ...(searches ? [{ type: WEB_SEARCH } as const] : []),
    ...(draws ? [PICTURE_TOOL] : []),
  ]
  const include: ResponseIncludable[] = [
    ...(functions.length > 0 ? [ENCRYPTED] : []),
    ...(searches && !refused.has(FOUND_PAGES) ? [FOUND_PAGES] : []),
  ]
  return {
    ...(tools.length > 0 && { tools }),
    ...(tools.length > 0 && request.mayCall === false && { tool_choice: 'none' as const }),
    ...(include.length > 0 && !refused.has('include') && { include }),
  }
}

type ChatBody = Omit<ChatCompletionCreateParamsStreaming, 'modalities'> & { modalities?: string[] }

function chatBody(request: ProviderRequest, options: BodyOptions): ChatBody {
  const { effort, temperature, instructions } = request
  const { maxOutputTokens, refused, images = NO_IMAGES, files = NO_FILES, keptOf } = options
  const messages = itemsOf(request, { refused, files }).flatMap(item =>
    chatMessages(item, { request, images, files, keptOf }),
  )
  return {
    model: request.model,
    messages: instructions ? [{ role: 'system', content: instructions }, ...messages] : messages,
    stream: true,
    ...(maxOutputTokens && limitOf(maxOutputTokens, refused)),
    ...(!refused.has('stream_options') && { stream_options: { include_usage: true } }),
    ...(hasTools(request, refused) && {
      tools: (request.tools ?? []).map(({ name, description, parameters }) => ({
        type: 'function' as const,
        function: { name, description, parameters },
      })),
      ...(request.mayCall === false && { tool_choice: 'none' as const }),
    }),
    ...(request.search && !refused.has('web_search_options') && { web_search_options: {} }),
    ...(request.pictures && !refused.has(MODALITIES) && { [MODALITIES]: ['image', 'text'] }),
    ...(temperature !== undefined && !refused.has('temperature') && { temperature }),
    ...(effort && !refused.has('reasoning_effort') && { reasoning_effort: effort }),
  }
}

/** Servers that do not know the newer name know the older one. */
function limitOf(tokens: number, refused: ReadonlySet<string>) {
  if (!refused.has('max_completion_tokens')) return { max_completion_tokens: tokens }
  return refused.has('max_tokens') ? {} : { max_tokens: tokens }
}

/** Whether the model can call tools. */
export function hasTools({ tools = [] }: ProviderRequest, refused: ReadonlySet<string>): boolean {
  return tools.length > 0 && !refused.has('tools')
}

/**
 * The branch, and this reply as far as it is written. If an earlier reply broke off, its text and the request to continue
 * it come between. Calls are left out where the provider gets no tools, because some servers refuse them then.
 */
function itemsOf(
  request: ProviderRequest,
  { refused, files }: { refused: ReadonlySet<string>; files: DocumentFiles },
): HistoryItem[] {
  const { history, partial = [], reply, locale } = request
  const withCalls = hasTools(request, refused)
  const others = withCalls ? 'searchable' : 'unreadable'
  const as = { files: new Set(files.keys()), others } as const
  const written = messageAsText(partial)
  const goesOn = { role: 'user', content: GO_ON[locale] } as const
  const broken: HistoryItem[] = withCalls ? replyItems(partial) : [{ role: 'assistant', content: written }]
  return [
    ...(withCalls ? historyWithCalls(history, as) : historyAsText(history, as)),
    ...(partial.length > 0 && (written || withCalls) ? [...broken, goesOn] : []),
    ...(reply && withCalls ? replyItems(reply.parts) : []),
  ].filter(item => item.role === 'calls' || item.content !== '')
}

interface ItemContext {
  request: ProviderRequest
  images: Images
  files: DocumentFiles
  keptOf: string | undefined
}

/** What this server wants back with the calls of a step of the present reply. */
function keptWith({ step, calls }: CallStep, { request: { reply }, keptOf }: ItemContext): unknown[] {
  if (!reply?.parts.some(part => part === calls[0])) return []
  return (reply.kept.get(step) ?? []).flatMap(({ of, item }) => (of === keptOf ? item : []))
}

function urlsOf({ images: ids = [] }: TextMessage, images: Images): string[] {
  return ids.flatMap(id => images.get(id) ?? [])
}

function filesOf({ files: ids = [] }: TextMessage, files: DocumentFiles): SentFile[] {
  return ids.flatMap(id => files.get(id) ?? [])
}

/** Servers refuse lone surrogates, and a paste or a cut can leave one. */
function responseItems(item: HistoryItem, context: ItemContext): ResponseInputItem[] {
  if (item.role !== 'calls') {
    const text = item.content.toWellFormed()
    const urls = urlsOf(item, context.images)
    const files = filesOf(item, context.files).map(({ name, data }) => ({
      type: 'input_file' as const,
      filename: name,
      file_data: data,
    }))
    // Plain text where it is enough, because some servers know nothing else.
    if (item.role === 'assistant' || urls.length + files.length === 0)
      return [{ role: item.role, content: text }]
    const pictures = urls.map(image_url => ({
      type: 'input_image' as const,
      image_url,
      detail: 'auto' as const,
    }))
    return [{ role: 'user', content: [{ type: 'input_text', text }, ...pictures, ...files] }]
  }
  const { content, calls } = item
  return [
    ...(content ? [{ role: 'assistant' as const, content: content.toWellFormed() }] : []),
    ...(keptWith(item, context) as ResponseInputItem[]),
    ...calls.map(call => ({
      type: 'function_call' as const,
      call_id: call.callId,
      name: call.tool,
      arguments: argumentsOf(call) ? call.arguments || '{}' : '{}',
    })),
    ...calls.map(call => ({
      type: 'function_call_output' as const,
      call_id: call.callId,
      output: answerOf(call).toWellFormed(),
    })),
  ]
}

function chatMessages(item: HistoryItem, context: ItemContext): ChatCompletionMessageParam[] {
  if (item.role !== 'calls') {
    const text = item.content.toWellFormed()
    const urls = urlsOf(item, context.images)
    const files = filesOf(item, context.files).map(({ name, data }) => ({
      type: 'file' as const,
      file: { filename: name, file_data: data },
    }))
    if (item.role === 'assistant' || urls.length + files.length === 0)
      return [{ role: item.role, content: text }]
    const pictures = urls.map(url => ({ type: 'image_url' as const, image_url: { url } }))
    return [{ role: 'user', content: [{ type: 'text', text }, ...pictures, ...files] }]
  }
  const { content, calls } = item
  return [
    {
      role: 'assistant',
      content: content ? content.toWellFormed() : null,
      ...Object.assign({}, ...keptWith(item, context)),
      tool_calls: calls.map(call => ({
        id: call.callId,
        type: 'function' as const,
        function: { name: call.tool, arguments: argumentsOf(call) ? call.arguments || '{}' : '{}' },
      })),
    },
    ...calls.map(call => ({
      role: 'tool' as const,
      tool_call_id: call.callId,
      content: answerOf(call).toWellFormed(),
    })),
  ]
}

/** The dispensable field of `body` that a 400 or 422 names, if it names one. */
export function refusedField(api: Api, body: object, failure: Failure): string | undefined {
  if (failure.status !== 400 && failure.status !== 422) return undefined
  if (failure.code === 'CONTEXT_TOO_LONG') return undefined
  const named = DISPENSABLE[api].find(field => {
    const isMeant = failure.param === field || isNamed(field, failure.body ?? '')
    return isMeant && isIn(body, field)
  })
  // A server that knows functions alone may say only that it is about the tools.
  if (named === 'tools' || (named === undefined && /^tools\b/.test(failure.param ?? '')))
    return [WEB_SEARCH, PICTURES].find(tool => isIn(body, tool)) ?? named
  return named
}

/**
 * Whether a server refuses `body` because its model makes no pictures. OpenRouter says so with the status of a missing
 * endpoint.
 */
export function isAboutModalities(body: object, { status, body: answer = '' }: Failure): boolean {
  const isRefusal = status === 400 || status === 404 || status === 422
  return isRefusal && isIn(body, MODALITIES) && /\bmodalit(y|ies)\b/i.test(answer)
}

/** Whether a refusal names a field. A name that is a common word has to stand in quotes. */
function isNamed(field: string, text: string): boolean {
  if (new RegExp(`['"\`]${field}\\\\?['"\`]`).test(text)) return true
  return field.includes('_') && new RegExp(`(?<!\\w)${field}(?!\\w)`).test(text)
}

/**
 * The effort, if `body` has one and a 400 or 422 names no field. Not every model reasons, and not every server says that this
 * is why it refuses.
 */
export function suspectedEffort(api: Api, body: object, failure: Failure): string | undefined {
  const field = api === 'responses' ? 'reasoning' : 'reasoning_effort'
  return (failure.status === 400 || failure.status === 422) && isIn(body, field) ? field : undefined
}

function isIn(body: object, field: string): boolean {
  const { tools = [], include = [] } = body as { tools?: { type?: unknown }[]; include?: unknown[] }
  if (field === WEB_SEARCH || field === PICTURES) return tools.some(({ type }) => type === field)
  if (field === FOUND_PAGES) return include.includes(field)
  let value: unknown = body
  for (const name of field.split('.')) {
    if (typeof value !== 'object' || value === null) return false
    value = (value as Record<string, unknown>)[name]
  }
  return value !== undefined
}

/** How servers say that they have no such endpoint, with whatever status. */
const NO_ENDPOINT = [
  /\b(unexpected|unknown|unsupported|unrecognized|invalid|undefined|no such|not a valid)\b.{0,30}\b(endpoint|route|path|url|uri|method)\b/i,
  /\b(endpoint|route|path|url|uri|method|responses api|resource|page)\b.{0,60}\b(not|isn't|doesn't|unsupported|unknown|unavailable)\b/i,
  /\bcannot post\b/i,
  /\bnot found: (POST )?\//i,
  /^\W*(not (found|implemented|supported)|method not allowed)\W*$/i,
]

/** Whether a refusal means that the server has no such endpoint. It can also be about the model. */
export function isMissingEndpoint({ status, code, words = '' }: Failure): boolean {
  if (status === undefined || code === 'MODEL_NOT_FOUND') return false
  if (status === 404 || status === 405 || status === 501) return true
  return code === 'UPSTREAM_ERROR' && NO_ENDPOINT.some(pattern => pattern.test(words))
}
