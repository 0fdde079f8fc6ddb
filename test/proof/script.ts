import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, type Random } from '../harness/random.ts'
import { drawingOf } from '../upstream/pictures.ts'
import type { BackgroundScript, Reply } from '../upstream/reply.ts'
import { SCENARIOS, type UpstreamRequest } from '../upstream/upstream.ts'
import { PICTURES } from './picturePool.ts'

/** One request that the provider got, and what it answered. */
export interface Asked {
  /** The message that it asks about. */
  readonly clientMessageId: string
  readonly kind: 'reply' | 'title'
  /** Begins every delta of the answer. No other answer has it. */
  readonly tag: string
  /** Everything that it writes, if it is allowed to end. `undefined` if the words of the answer are not ours. */
  readonly text: string | undefined
  readonly reasoning: string
  /** Whether it writes anything at all. */
  readonly writes: boolean
}

export interface Script {
  readonly asked: readonly Asked[]
  readonly answer: (request: UpstreamRequest) => Reply
}

export interface ScriptOptions {
  /** The API that is asked. The answers of `../shared/cases` speak `chat`. */
  api: 'chat' | 'responses'
  /** The probability that a reply fails in some way. */
  failures: number
  /** The most milliseconds between two deltas. */
  maxDelay: number
  maxTokens: number
  /** How many characters each delta has besides its number. */
  padding: number
  background: boolean
  /** Whether the assistant lets its provider draw. */
  pictures?: boolean
  /** The probability that a model that may call does so. */
  calls?: number
}

/** How a message names itself to whoever reads the request. */
export function contentOf(clientMessageId: string): string {
  return `Pergunta ${clientMessageId}`
}

const QUESTION = /Pergunta ([\da-f]{8}-[\da-f-]{27})/g

/** The messages that `text` quotes. */
export function questionsIn(text: string): Set<string> {
  return new Set([...text.matchAll(QUESTION)].map(([, id]) => id ?? ''))
}

/** The beginnings of the ids of the messages whose replies `text` quotes. */
export function tagsIn(text: string): Set<string> {
  return new Set([...text.matchAll(/\bq([\da-f]{8})x\d+/g)].map(([, id]) => id ?? ''))
}

const ENDINGS = [
  'eof',
  'reset',
  'error',
  'failed',
  'flat-error',
  'output-limit',
  'content-filter',
  'malformed',
  'hang',
] as const

/** Answers that are no stream. Those that may be asked again name 0 seconds, because a round is short. */
const REFUSALS: readonly Reply[] = [
  { ...SCENARIOS['rate-limit'], headers: { 'retry-after': '0' } },
  { ...SCENARIOS.overloaded, headers: { 'retry-after': '0' } },
  SCENARIOS.quota,
  SCENARIOS.unauthorized,
  SCENARIOS['model-not-found'],
  SCENARIOS['context-too-long'],
  SCENARIOS['bad-gateway'],
  SCENARIOS['html-page'],
  SCENARIOS['hang-before-headers'],
  SCENARIOS['reset-before-headers'],
  SCENARIOS['hang-before-text'],
]

/**
 * A provider whose answers differ from request to request. Each delta has the number of its request and its own number,
 * so that a frame of another run, or in another place, is seen.
 */
export function createScript(options: ScriptOptions): Script {
  const asked: Asked[] = []
  const times = new Map<string, number>()
  return {
    asked,
    answer(request) {
      const body = JSON.stringify(request.body)
      const clientMessageId = [...body.matchAll(QUESTION)].at(-1)?.[1] ?? ''
      const kind = body.includes('<conversation>') ? 'title' : 'reply'
      const nth = times.get(kind + clientMessageId) ?? 0
      times.set(kind + clientMessageId, nth + 1)
      const first = clientMessageId.slice(0, 8)
      const random = createRandom(Number.parseInt(first, 16) + nth * 7919 + (kind === 'title' ? 1 : 0))
      const tag = `q${first}x${nth}`
      const other =
        kind === 'reply'
          ? (callsOf(request.body, { tag, clientMessageId, chance: options.calls ?? 0.35 }) ??
            drawingFor(request.body, tag))
          : undefined
      const reply = other ?? (kind === 'title' ? titleOf(tag, random) : replyOf(tag, random, options))
      const isStream = reply.status === undefined && !reply.silent
      asked.push({
        clientMessageId,
        kind,
        tag,
        text: reply.chunks ? undefined : (reply.tokens ?? []).join(''),
        reasoning: (reply.reasoning ?? []).join(''),
        writes: isStream && (reply.chunks !== undefined || (reply.tokens ?? []).length > 0),
      })
      return reply
    },
  }
}

function titleOf(tag: string, random: Random): Reply {
  if (random.chance(0.2)) return random.pick([SCENARIOS.unauthorized, { tokens: ['Tít'], ending: 'reset' }])
  return { tokens: ['Título', ` ${tag}`, ' do rio'], delayMs: random.integer(15) }
}

function replyOf(tag: string, random: Random, options: ScriptOptions): Reply {
  const fails = random.chance(options.failures)
  if (fails && random.chance(0.35)) return { tokens: [], ...random.pick(REFUSALS) }
  if (fails && options.api === 'chat' && random.chance(0.3) && CASES.length > 0) return random.pick(CASES)
  const padding = 'x'.repeat(options.padding)
  const word = (number: number) => ` ${tag}.${number}${padding && `:${padding}`}`
  const count = 1 + random.integer(options.maxTokens)
  const thoughts = random.chance(0.2) ? 1 + random.integer(4) : 0
  return {
    tokens: Array.from({ length: count }, (_, number) => word(number)),
    ...(thoughts > 0 && { reasoning: Array.from({ length: thoughts }, (_, number) => ` ${tag}.r${number}`) }),
    ...(random.chance(0.15) && { refusal: [` ${tag}.não`] }),
    ...(random.chance(0.15) && { sources: [{ url: `https://example.com/${tag}`, title: tag }] }),
    ...(fails && { ending: random.pick(ENDINGS) }),
    ...(options.background && { background: backgroundOf(random, count) }),
    delayMs: random.integer(options.maxDelay),
    noise: random.chance(0.3),
    crlf: random.chance(0.1),
    chunkBytes: random.chance(0.2) && options.padding === 0 ? 1 + random.integer(40) : 65_536,
  }
}

/** What the last digits of a message say where its id may not stand, because the id is looked for as its words. */
export function lastDigitsOf(clientMessageId: string): string {
  return clientMessageId.slice(-12)
}

/**
 * Sometimes, where the provider is offered tools: a step of one to three calls and no text. Rarely, where it has just got what tools
 * answered, so that most replies come to their text. It draws by numbers of its own, so that the texts of a seed stay.
 */
function callsOf(
  body: unknown,
  { tag, clientMessageId, chance }: { tag: string; clientMessageId: string; chance: number },
): Reply | undefined {
  const { tools = [], tool_choice, input, messages } = body as Offer
  const last = (input ?? messages)?.at(-1)
  const random = createRandom(Number.parseInt(tag.slice(1, 9), 16) ^ (Number(tag.slice(10)) * 7919 + 1))
  const isAnswered = last?.type === 'function_call_output' || last?.role === 'tool'
  if (tools.length === 0 || tool_choice === 'none' || !random.chance(isAnswered ? 0.2 : chance))
    return undefined
  // Only a step in which every call may be repeated goes on by itself after a crash.
  const names = random.chance(0.25) ? ['repete'] : ['conta', 'anexa', 'pede', 'pergunta', 'indaga']
  const calls = Array.from({ length: 1 + random.integer(3) }, (_, number) => {
    const name = random.pick(names)
    // The same word in every request that the provider gets of it, and in what people see.
    const linha = `${tag}.c${number} ${lastDigitsOf(clientMessageId)}`
    const often = name === 'pergunta' && { vezes: 1 + random.integer(2), formas: 1 + random.integer(2) }
    return {
      name,
      arguments: JSON.stringify({ linha, ...often }),
      // One that is kept, or one that is too short to be unlike others.
      id: random.chance(0.5) ? `call_${tag}_${number}` : `c${number}`,
    }
  })
  return {
    tokens: [],
    calls,
    delayMs: random.integer(5),
    ...(random.chance(0.1) && { ending: 'reset' as const }),
  }
}

/**
 * Sometimes, where the provider may draw: one or two pictures, with previews or without, and then text. Some drawings break off, and
 * some pictures are never finished.
 */
function drawingFor(body: unknown, tag: string): Reply | undefined {
  const { tools = [] } = body as Offer
  const random = createRandom(Number.parseInt(tag.slice(1, 9), 16) ^ (Number(tag.slice(10)) * 7919 + 2))
  const mayDraw = tools.some(({ type }) => type === 'image_generation')
  if (!mayDraw || !random.chance(0.3)) return undefined
  const draw = () => random.pick(PICTURES).bytes
  const text = ` ${tag}.0`
  const recording = drawingOf(
    Array.from({ length: 1 + random.integer(2) }, () => ({
      previews: Array.from({ length: random.integer(3) }, draw),
      ...(random.chance(0.85) && { bytes: draw() }),
    })),
    text,
  )
  const reply = { tokens: [text], delayMs: random.integer(20) }
  if (!random.chance(0.2)) return { ...reply, recording }
  const isCutAt = 1 + random.integer(recording.length - 1)
  const ending = random.pick(['reset', 'eof', 'hang'] as const)
  return { ...reply, recording: recording.slice(0, isCutAt), ending }
}

/** What a request says of tools, by either API. */
interface Offer {
  tools?: readonly { type?: string }[]
  tool_choice?: unknown
  input?: readonly Item[]
  messages?: readonly Item[]
}

interface Item {
  type?: string
  role?: string
}

/** A background response whose streams are cut. */
function backgroundOf(random: Random, count: number): BackgroundScript {
  return random.chance(0.4) ? { cuts: [2 + random.integer(count)] } : {}
}

/** A folder beside the checkout, with answers that were found to break chats. */
const FOLDER = process.env['TEST_CASES'] ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'cases')

/** The answers of the folder, as replies. Empty if there is no such folder. */
export const CASES: readonly Reply[] = casesIn(FOLDER)
if (CASES.length === 0) console.log(`skipped: the answers of ${FOLDER}, because there is no such folder`)

function casesIn(folder: string): Reply[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter(file => file.endsWith('.http') && !file.endsWith('title.http'))
    .sort()
    .map(file => caseOf(readFileSync(join(folder, file), 'utf8')))
}

/** Reads a response as it came over the wire. Its waits are left out, because a round is short. */
function caseOf(response: string): Reply {
  const [head = '', ...rest] = response.replaceAll('\r\n', '\n').split('\n\n')
  const body = rest.join('\n\n').replace(/^@sleep \d+\n/gm, '')
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])
  const type = /^content-type: (.*)$/im.exec(head)?.[1] ?? 'text/event-stream'
  if (status !== 200) return { status, body: JSON.parse(body) }
  const chunks = body.match(/[\s\S]+?(?:\n\n|$)/g) ?? []
  return { headers: { 'content-type': type }, chunks: chunks.map(chunk => Buffer.from(chunk)) }
}
