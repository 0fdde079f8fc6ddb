import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { composeParts } from '../../src/protocol/parts.ts'
import type { Provider, ProviderRequest } from '../../src/server/generation/provider.ts'
import { createOpenaiProvider } from '../../src/server/providers/openai/openaiProvider.ts'
import { readReply } from '../upstream/readReply.ts'
import {
  type Api,
  createUpstream,
  type Reply,
  SCENARIOS,
  type Scenario,
  type Upstream,
} from '../upstream/upstream.ts'

const QUESTION: ProviderRequest = {
  model: 'gpt-test',
  instructions: 'Responda em português.',
  history: [{ role: 'user', parts: composeParts({ content: 'O que é um riacho?' }) }],
  locale: 'pt-BR',
}
const NEVER = new AbortController().signal

interface Subject extends AsyncDisposable {
  provider: Provider
}

/** The rules that every provider keeps. `open` makes one that answers any question with some text. */
function providerContract(name: string, open: () => Promise<Subject>): void {
  describe(`${name} keeps the provider contract`, () => {
    it('a reply has text and ends normally', async () => {
      await using subject = await open()
      const reply = await readReply(subject.provider.generate(QUESTION, NEVER))
      expect(reply.text).not.toBe('')
      expect(reply.error).toBeUndefined()
    })

    it('the same question twice gives the same text', async () => {
      await using subject = await open()
      const first = await readReply(subject.provider.generate(QUESTION, NEVER))
      const second = await readReply(subject.provider.generate(QUESTION, NEVER))
      expect(second.text).toBe(first.text)
    })

    it('two replies at once do not mix', async () => {
      await using subject = await open()
      const { text } = await readReply(subject.provider.generate(QUESTION, NEVER))
      const both = await Promise.all([1, 2].map(() => readReply(subject.provider.generate(QUESTION, NEVER))))
      expect(both.map(reply => reply.text)).toEqual([text, text])
    })

    it('no chunk is empty', async () => {
      await using subject = await open()
      for await (const chunk of subject.provider.generate(QUESTION, NEVER)) {
        if ('content' in chunk) expect(chunk.content).not.toBe('')
      }
    })

    it('an abort ends the reply before its end', async () => {
      await using subject = await open()
      const { text } = await readReply(subject.provider.generate(QUESTION, NEVER))
      const stop = new AbortController()
      let seen = ''
      for await (const chunk of subject.provider.generate(QUESTION, stop.signal)) {
        if (chunk.type === 'text-delta') seen += chunk.content
        stop.abort()
      }
      expect(text.startsWith(seen)).toBe(true)
      expect(seen.length).toBeLessThan(text.length)
    })

    it('a provider that writes titles writes words, and none once its signal has aborted', async () => {
      await using subject = await open()
      const { title } = subject.provider
      const request = {
        model: 'gpt-test',
        question: composeParts({ content: 'O que é um riacho?' }),
        reply: composeParts({ content: 'Um rio.' }),
        locale: 'es',
      } as const
      const titleBy = async (signal: AbortSignal) => {
        let written = ''
        for await (const piece of title?.(request, signal) ?? []) written += piece
        return written
      }
      expect((await titleBy(NEVER)) !== '').toBe(title !== undefined)
      expect(await titleBy(AbortSignal.abort())).toBe('')
    })

    it('a signal that has aborted already gives nothing', async () => {
      await using subject = await open()
      const reply = await readReply(subject.provider.generate(QUESTION, AbortSignal.abort()))
      expect(reply.text).toBe('')
    })
  })
}

type Mode = Api | 'background'

async function openOpenai(mode: Mode, reply: Reply | Scenario): Promise<Subject & { upstream: Upstream }> {
  const upstream = await createUpstream()
  upstream.reply(reply)
  const background = mode === 'background'
  const provider = createOpenaiProvider({
    baseUrl: upstream.url,
    apiKey: 'sk-secret-1',
    api: background ? 'responses' : mode,
    background,
    timeouts: { connect: 5000, firstByte: 5000, idle: 5000, total: 20_000 },
  })
  const close = async () => {
    await provider.close?.()
    await upstream.close()
  }
  return { provider, upstream, [Symbol.asyncDispose]: close }
}

const MODES: readonly Mode[] = ['responses', 'chat', 'background']

for (const mode of MODES) providerContract(`OpenAI by ${mode}`, () => openOpenai(mode, { delayMs: 2 }))

interface Outcome {
  /** If absent, all of them. */
  modes?: readonly Mode[]
  reply: Scenario | Reply
  text?: string
  code?: ErrorCode
  /** Whether asking again cannot repeat any text. */
  early?: boolean
  retryAfter?: number
  usage?: boolean
}

const WHOLE = 'Olá, mundo!'
/** The modes in which a reply ends with its connection. */
const CONNECTED: readonly Mode[] = ['responses', 'chat']
const CUT = { text: WHOLE, code: 'UPSTREAM_TRUNCATED' } as const

const OUTCOMES: readonly Outcome[] = [
  ...(['normal', 'noisy', 'crlf', 'every-byte', 'unterminated', 'linger'] as const).map(reply => ({
    reply,
    text: WHOLE,
    usage: true,
  })),
  { reply: 'refusal', text: '', usage: true },
  { modes: ['chat'], reply: { ending: 'no-done' }, text: WHOLE },
  { modes: ['chat'], reply: { ending: 'no-finish' }, text: WHOLE },
  {
    modes: ['chat'],
    reply: { tokens: [], ending: 'no-finish' },
    text: '',
    code: 'UPSTREAM_TRUNCATED',
  },

  { modes: CONNECTED, reply: 'eof', ...CUT },
  { modes: CONNECTED, reply: 'reset', ...CUT },
  { modes: CONNECTED, reply: 'malformed', text: WHOLE, code: 'UPSTREAM_ERROR' },
  ...(['eof', 'reset', 'malformed'] as const).map(
    reply => ({ modes: ['background'], reply, text: WHOLE, usage: true }) as const,
  ),
  { modes: ['background'], reply: { ending: 'cancelled' }, ...CUT },
  { modes: ['chat'], reply: { ending: 'error-field' }, ...CUT },
  {
    modes: CONNECTED,
    reply: { tokens: [], ending: 'eof' },
    text: '',
    code: 'UPSTREAM_TRUNCATED',
  },
  { reply: 'reset-before-headers', text: '', code: 'UPSTREAM_UNREACHABLE', early: true },

  { reply: 'output-limit', text: WHOLE, code: 'OUTPUT_LIMIT', usage: true },
  { reply: 'content-filter', text: WHOLE, code: 'CONTENT_FILTERED', usage: true },
  { reply: { tokens: [], ending: 'output-limit' }, text: '', code: 'OUTPUT_LIMIT', usage: true },

  { reply: 'error', text: WHOLE, code: 'UPSTREAM_OVERLOADED' },
  { reply: 'flat-error', text: WHOLE, code: 'UPSTREAM_OVERLOADED' },
  { reply: 'failed', text: WHOLE, code: 'UPSTREAM_QUOTA' },
  { reply: { ...SCENARIOS.error, tokens: [] }, text: '', code: 'UPSTREAM_OVERLOADED', early: true },
  {
    reply: { ending: 'error', error: { code: 429, message: 'Slow.' } },
    text: WHOLE,
    code: 'UPSTREAM_RATE_LIMIT',
  },
  {
    reply: { ending: 'failed', error: { code: 'server_error', message: '' } },
    text: WHOLE,
    code: 'UPSTREAM_ERROR',
  },
  { modes: ['chat'], reply: { ending: 'finish-error' }, text: WHOLE, code: 'UPSTREAM_ERROR' },

  { reply: 'unauthorized', code: 'UPSTREAM_AUTH', early: true },
  { reply: { status: 403, body: { error: { message: 'No.' } } }, code: 'UPSTREAM_AUTH', early: true },
  { reply: 'quota', code: 'UPSTREAM_QUOTA', early: true },
  { reply: 'rate-limit', code: 'UPSTREAM_RATE_LIMIT', early: true },
  { reply: 'rate-limit-retry-after', code: 'UPSTREAM_RATE_LIMIT', early: true, retryAfter: 2 },
  { reply: 'context-too-long', code: 'CONTEXT_TOO_LONG', early: true },
  { reply: 'model-not-found', code: 'MODEL_NOT_FOUND', early: true },
  { reply: { ...SCENARIOS['model-not-found'], status: 400 }, code: 'MODEL_NOT_FOUND', early: true },
  { reply: 'overloaded', code: 'UPSTREAM_OVERLOADED', early: true },
  { reply: { status: 529, body: '' }, code: 'UPSTREAM_OVERLOADED', early: true },
  { reply: 'server-error', code: 'UPSTREAM_ERROR', early: true },
  { reply: { status: 408, body: '' }, code: 'UPSTREAM_ERROR', early: true },
  { reply: { status: 409, body: '' }, code: 'UPSTREAM_ERROR', early: true },
  { reply: 'bad-gateway', code: 'UPSTREAM_ERROR', early: true },
  { reply: 'html-page', code: 'UPSTREAM_ERROR' },
]

describe.each(MODES)('what OpenAI by %s makes of each reply', mode => {
  const outcomes = OUTCOMES.filter(({ modes = MODES }) => modes.includes(mode))
  const named = outcomes.map(outcome => [JSON.stringify(outcome.reply), outcome] as const)

  it.each(named)('%s', async (_, { reply, text = '', code, early = false, retryAfter, usage = false }) => {
    await using subject = await openOpenai(mode, reply)
    const read = await readReply(subject.provider.generate(QUESTION, NEVER))
    expect(read.text).toBe(text)
    expect(read.error?.code).toBe(code)
    expect(read.error?.details.beforeFirstByte ?? false).toBe(early)
    expect(read.error?.details.retryAfter).toBe(retryAfter)
    expect(read.usage !== undefined).toBe(usage)
    expect(read.error?.message ?? '').not.toMatch(/sk-/)
  })
})

const recordings = new URL('../../../shared/fixtures/openai/', import.meta.url)
const found = existsSync(recordings)

describe.skipIf(!found)('recorded streams replay to their text', () => {
  const files = found ? readdirSync(recordings).filter(name => name.endsWith('.txt')) : []

  it.each(files)('%s', async file => {
    for (const recording of repliesIn(readFileSync(new URL(file, recordings), 'utf8'))) {
      await using subject = await openOpenai(file.startsWith('chat-') ? 'chat' : 'responses', { recording })
      const reply = await readReply(subject.provider.generate(QUESTION, NEVER))
      expect(reply.text).toBe(textIn(recording))
      expect((reply.calls ?? []).map(call => call.name + call.arguments)).toEqual(callsIn(recording))
      expect(Object.values(reply.searches ?? {})).toEqual(searchesIn(recording))
      expect(reply.error?.code).toBe(file.includes('error-quota') ? 'UPSTREAM_QUOTA' : undefined)
    }
  })
})

if (!found) console.log('The recorded streams are not here: their tests are skipped.')

/** Splits a file into its responses, because some files hold several. */
function repliesIn(text: string): string[][] {
  const replies: string[][] = []
  for (const line of text.split('\n').filter(line => line !== '')) {
    if (replies.length === 0 || line.includes('"type":"response.created"')) replies.push([])
    replies.at(-1)?.push(line)
  }
  return replies
}

interface RecordedAction {
  query?: string
  pattern?: string
  url?: string
  sources?: unknown[]
}

interface Recorded {
  type?: string
  delta?: string
  output_index?: number
  item?: { type: string; name?: string; arguments?: string; action?: RecordedAction }
  choices?: {
    delta: {
      content?: string | null
      tool_calls?: { index: number; function: { name?: string; arguments?: string } }[]
    }
  }[]
}

/** The name and the arguments of each call. */
function callsIn(recording: readonly string[]): string[] {
  const calls: string[] = []
  for (const { type, item, choices } of recording.map(line => JSON.parse(line) as Recorded)) {
    if (type === 'response.output_item.done' && item?.type === 'function_call')
      calls.push(`${item.name}${item.arguments}`)
    for (const { index, function: named } of choices?.[0]?.delta.tool_calls ?? [])
      calls[index] = `${calls[index] ?? ''}${named.name ?? ''}${named.arguments ?? ''}`
  }
  return calls
}

/** What each search was for, and that it began and ended once. */
function searchesIn(recording: readonly string[]): object[] {
  return recording.flatMap(line => {
    const { type, item } = JSON.parse(line) as Recorded
    if (type !== 'response.output_item.done' || item?.type !== 'web_search_call') return []
    const { query, pattern, url, sources } = item.action ?? {}
    return {
      status: 'completed',
      queries: [query ?? pattern].filter(Boolean),
      ...(url && { url }),
      ...(sources && { found: sources.length }),
      told: ['search-start', 'search-end'],
    }
  })
}

/** The texts of the messages, with a blank line between them. */
function textIn(recording: readonly string[]): string {
  const messages = new Map<number, string>()
  for (const event of recording.map(line => JSON.parse(line) as Recorded)) {
    const { output_index: index = 0 } = event
    const delta =
      event.type === 'response.output_text.delta' ? event.delta : event.choices?.[0]?.delta.content
    if (delta) messages.set(index, (messages.get(index) ?? '') + delta)
  }
  return [...messages.values()].join('\n\n')
}
