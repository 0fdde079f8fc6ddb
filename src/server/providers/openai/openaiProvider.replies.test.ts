import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readReply } from '../../../../test/upstream/readReply.ts'
import { type Api, createUpstream, type Reply, type Upstream } from '../../../../test/upstream/upstream.ts'
import { composeParts } from '../../../protocol/parts.ts'
import type { ProviderMessage, ProviderRequest } from '../../generation/provider.ts'
import { createOpenaiProvider, type OpenaiOptions } from './openaiProvider.ts'

const NEVER = new AbortController().signal
const PATIENT = { connect: 5000, firstByte: 5000, idle: 5000, total: 20_000 }
const QUESTION: ProviderRequest = {
  model: 'm',
  instructions: '',
  history: [{ role: 'user', parts: composeParts({ content: 'Oi' }) }],
  locale: 'pt-BR',
}

function ask(upstream: Upstream, options: Partial<OpenaiOptions> = {}, request = QUESTION) {
  const provider = createOpenaiProvider({ baseUrl: upstream.url, api: 'chat', timeouts: PATIENT, ...options })
  return readReply(provider.generate(request, NEVER))
}

/** Asks once, and is answered with these bytes. */
async function answered(reply: Reply, options: Partial<OpenaiOptions> = {}) {
  await using upstream = await createUpstream()
  upstream.reply(reply)
  return { ...(await ask(upstream, options)), asked: upstream.requests.length }
}

const frame = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const bytes = (...events: unknown[]): Reply => ({ chunks: [Buffer.from(events.map(frame).join(''))] })
const delta = (content: unknown, finish: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
})
const STOP = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
const chat = (...contents: unknown[]) => bytes(...contents.map(content => delta(content)), STOP, '[DONE]')
const byResponses = { api: 'responses' } as const

describe('content that is no text', () => {
  it.each<[string, unknown[], object]>([
    ['one typed part', [[{ type: 'text', text: 'Oi' }]], { text: 'Oi' }],
    [
      'thinking and text, and then a text',
      [
        [{ type: 'thinking', thinking: [{ type: 'text', text: 'Penso.' }] }],
        [{ type: 'text', text: 'São ' }],
        '42.',
      ],
      { reasoning: 'Penso.', text: 'São 42.' },
    ],
    [
      'a thought as plain text',
      [[{ type: 'thinking', thinking: 'hm' }], 'a'],
      { reasoning: 'hm', text: 'a' },
    ],
    ['a part without a list', [{ type: 'text', text: 'a' }], { text: 'a' }],
    ['a text in a text', [{ type: 'text', text: { value: 'a' } }], { text: 'a' }],
    ['numbers', [4, 2], { text: '42' }],
    ['a refusal', [[{ type: 'refusal', refusal: 'Não.' }]], { refusal: 'Não.' }],
    [
      'parts that are no text',
      [[{ type: 'image_url', image_url: { url: 'x' } }, 'a', null, true]],
      { text: 'a' },
    ],
    ['nothing that says anything', [{}, [], [[]], true, 'a'], { text: 'a' }],
  ])('%s', async (_, contents, expected) => {
    const { text, refusal, reasoning } = await answered(chat(...contents))
    expect({ text, refusal, reasoning }).toEqual({ text: '', refusal: '', reasoning: '', ...expected })
  })

  it('a delta of the Responses API', async () => {
    const event = { type: 'response.output_text.delta', delta: [{ type: 'output_text', text: 'Oi' }] }
    const reply = await answered(bytes(event, { type: 'response.completed', response: {} }), byResponses)
    expect(reply.text).toBe('Oi')
  })

  it('a source without an address is none, and one without a title has its address', async () => {
    const url = 'https://example.com'
    const annotations = [undefined, null, {}, { url: null }, { url: 5 }, { url, title: { a: 1 } }].map(
      url_citation => ({ url_citation }),
    )
    const reply = await answered(
      bytes({ choices: [{ delta: { content: 'a', annotations: [null, ...annotations] } }] }, STOP, '[DONE]'),
    )
    expect(reply).toMatchObject({ text: 'a', sources: [{ url, title: url }] })
  })

  it.each([
    ['', 'hm'],
    [null, 'hm'],
    ['hm', 'x'],
  ])('reasoning_content %j and reasoning %j', async (first, second) => {
    const choices = [{ delta: { reasoning_content: first, reasoning: second, content: 'a' } }]
    expect((await answered(bytes({ choices }, STOP, '[DONE]'))).reasoning).toBe('hm')
  })
})

describe('a finish reason', () => {
  it('with every chunk ends nothing', async () => {
    await using upstream = await createUpstream()
    const gate = upstream.hold({
      recording: ['a', 'b', 'c'].map(text => JSON.stringify(delta(text, 'stop'))),
    })
    const reply = ask(upstream)
    await upstream.request(0)
    for (let step = 0; step < 3; step++) await gate.next()
    gate.open()
    expect(await reply).toMatchObject({ text: 'abc' })
  })

  it('is followed by a wait that is longer than a slow token, and shorter than a silent one', async () => {
    await using upstream = await createUpstream()
    upstream.reply({
      recording: [JSON.stringify(delta('a', 'stop')), JSON.stringify(delta('b', 'stop'))],
      delayMs: 1600,
    })
    expect(await ask(upstream)).toMatchObject({ text: 'ab' })
    upstream.reply({ chunks: [Buffer.from(frame(delta('a', 'stop')))], ending: 'hang' })
    const hung = await ask(upstream, { timeouts: { ...PATIENT, idle: 100 } })
    expect(hung).toMatchObject({ text: 'a' })
    expect(hung.error).toBeUndefined()
  })
})

describe('a thought in the text', () => {
  const TEXT = ' \n<think>\nPrimeiro.\n\nDepois < 3.\n</think>\n\nA **resposta** é 4. <think>'

  it.each(['responses', 'chat'] as const)('is reasoning wherever %s cuts it', async api => {
    await using upstream = await createUpstream()
    for (let cut = 1; cut < TEXT.length; cut += 1) {
      upstream.reply({ tokens: [TEXT.slice(0, cut), TEXT.slice(cut)] })
      const { text, reasoning } = await ask(upstream, { api })
      expect({ text, reasoning }, `cut at ${cut}`).toEqual({
        reasoning: 'Primeiro.\n\nDepois < 3.',
        text: 'A **resposta** é 4. <think>',
      })
    }
  })

  it.each([
    ['<thinking>hm</thinking>a', 'hm', 'a'],
    ['<THINK>hm</THINK>a', 'hm', 'a'],
    ['<think></think>\n\na', '', 'a'],
    ['<think>hm</thinking></think>a', 'hm</thinking>', 'a'],
    ['<think>hm', 'hm', ''],
    ['<thin', '', '<thin'],
    ['<b>a</b>', '', '<b>a</b>'],
    ['a <think>b</think>', '', 'a <think>b</think>'],
  ])('%s', async (written, reasoning, text) => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: [...written] })
    expect(await ask(upstream)).toMatchObject({ reasoning, text })
  })

  it('has no place in a title', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ tokens: ['<think>\nUm título.', '\n</think>\n\nCéu azul'] })
    const provider = createOpenaiProvider({ baseUrl: upstream.url, api: 'chat', timeouts: PATIENT })
    const parts = composeParts({ content: 'Oi' })
    let title = ''
    const request = { model: 'm', question: parts, reply: parts, locale: 'en' } as const
    for await (const piece of provider.title?.(request, NEVER) ?? []) title += piece
    expect(title).toBe('Céu azul')
  })
})

const COMPLETION = {
  object: 'chat.completion',
  choices: [{ message: { role: 'assistant', content: 'Inteira.', reasoning: 'hm' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 5 },
}
const RESPONSE = {
  object: 'response',
  status: 'completed',
  error: null,
  output: [{ type: 'message', content: [{ type: 'output_text', text: 'Inteira.', annotations: [] }] }],
  usage: { input_tokens: 1, output_tokens: 5 },
}

describe('a server that does not stream', () => {
  it.each<[Api, object]>([
    ['chat', COMPLETION],
    ['responses', RESPONSE],
  ])('gives a reply of one piece by %s, whatever its type', async (api, body) => {
    for (const type of ['application/json', 'text/event-stream', 'text/plain']) {
      const reply = { status: 200, headers: { 'content-type': type }, body }
      expect(await answered(reply, { api })).toMatchObject({
        text: 'Inteira.',
        usage: { inputTokens: 1, outputTokens: 5 },
        asked: 1,
      })
    }
  })

  it('and whose reply fails is not asked again', async () => {
    for (const body of [
      { error: 'no' },
      { error: { message: 'no', code: 'x' } },
      { a: 1 },
      [],
      'no',
      '<p>no',
    ]) {
      const { error } = await answered({ status: 200, body })
      expect(error, JSON.stringify(body)).toMatchObject({
        code: 'UPSTREAM_ERROR',
        details: { beforeFirstByte: false },
      })
    }
  })

  it('and cuts its answer fails', async () => {
    const half = Buffer.from(JSON.stringify(COMPLETION).slice(0, 60))
    const { error } = await answered({ chunks: [half], ending: 'reset' })
    expect(error?.code).toBe('UPSTREAM_TRUNCATED')
  })
})

describe('a stream', () => {
  const STREAM = Buffer.from(`\uFEFF\n: hi\n\n${frame(delta('Oi'))}${frame(STOP)}${frame('[DONE]')}`)

  it.each(['application/json', 'text/plain', 'text/html'])('with the type %s is one', async type => {
    expect(await answered({ chunks: [STREAM], headers: { 'content-type': type } })).toMatchObject({
      text: 'Oi',
    })
  })

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('that comes with %s is read, wherever it is cut', async (encoding, compress) => {
    const whole = compress(STREAM)
    const headers = { 'content-encoding': encoding }
    for (const cut of [1, 12, whole.length - 1]) {
      const reply = await answered({ headers, chunks: [whole.subarray(0, cut), whole.subarray(cut)] })
      expect(reply).toMatchObject({ text: 'Oi' })
      expect(reply.error).toBeUndefined()
    }
  })

  it('asks for no compression, and fails if its bytes are not what they are said to be', async () => {
    await using upstream = await createUpstream()
    upstream.reply({ headers: { 'content-encoding': 'gzip' }, chunks: [STREAM] })
    expect((await ask(upstream)).error?.code).toBe('UPSTREAM_ERROR')
    expect(upstream.requests[0]?.headers['accept-encoding']).toBe('identity')
  })
})

describe('max_completion_tokens', () => {
  const REFUSALS = [
    {
      object: 'error',
      message: {
        detail: [{ type: 'extra_forbidden', loc: ['body', 'max_completion_tokens'], msg: 'Extra' }],
      },
    },
    { error: { message: 'Unrecognized request argument supplied: max_completion_tokens' } },
    { detail: [{ loc: ['body', 'max_completion_tokens'], msg: 'extra fields not permitted' }] },
  ]

  it.each([400, 422])('that is refused with %i is asked by its older name, then and later', async status => {
    for (const body of REFUSALS) {
      await using upstream = await createUpstream()
      upstream.reply(request =>
        'max_completion_tokens' in request.body ? { status, body } : { tokens: ['a'] },
      )
      const options = { baseUrl: upstream.url, api: 'chat', timeouts: PATIENT, maxOutputTokens: 9 } as const
      const provider = createOpenaiProvider(options)
      for (const _ of [1, 2]) expect((await readReply(provider.generate(QUESTION, NEVER))).text).toBe('a')
      expect(upstream.requests.map(({ body }) => body['max_tokens'])).toEqual([undefined, 9, 9])
    }
  })
})

describe('what a refusal says', () => {
  it.each<[unknown, string]>([
    [{ message: { detail: [{ msg: 'Extra inputs' }] } }, '{"detail":[{"msg":"Extra inputs"}]}'],
    [[{ error: { message: 'in a list' } }], 'in a list'],
    [{ errors: [{ text: 'deep' }] }, '[{"text":"deep"}]'],
    [{ reason: 'elsewhere' }, '{"reason":"elsewhere"}'],
    ['<h1>No</h1>', '<h1>No</h1>'],
  ])('%j reaches the log, with its status and address', async (body, words) => {
    const { error, asked } = await answered({ status: 422, body })
    expect(error?.details).toMatchObject({ beforeFirstByte: false, upstream: { status: 422, words } })
    expect(error?.details.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions$/)
    expect(error?.message).toContain('422')
    expect(asked).toBe(1)
  })

  it('has no key, even if the server repeats it', async () => {
    const body = { error: { code: 'river-key-1', message: 'Bearer river-key-1, api_key=abcdefghij' } }
    const { error } = await answered({ status: 400, body }, { apiKey: 'river-key-1' })
    expect(JSON.stringify([error?.details, error?.message])).not.toMatch(/river-key|abcdefghij/)
  })
})

describe('a conversation that is too long', () => {
  const google = 'The input token count (461428) exceeds the maximum number of tokens allowed (131072).'
  it.each([
    'prompt is too long: 209353 tokens > 199999 maximum',
    google,
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    'the request exceeds the available context size, try increasing it',
    'Input is too long for requested model.',
    'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    "The input (12000 tokens) is longer than the model's context length (8192 tokens).",
    'input length exceeds maximum context length',
    'Input validation error: `inputs` must have less than 1024 tokens. Given: 2000',
    'too many tokens: size limit exceeded by 9000 tokens.',
    'Please reduce the length of the messages or completion.',
  ])('%s', async message => {
    const shapes: Reply[] = [
      { status: 400, body: { error: { message } } },
      { status: 400, body: [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }] },
      { status: 422, body: { message } },
      { status: 500, body: { error: message } },
      { status: 200, body: { error: { message } } },
      bytes({ error: { code: 400, message } }),
      bytes({ object: 'error', message }),
    ]
    for (const shape of shapes) expect((await answered(shape)).error?.code).toBe('CONTEXT_TOO_LONG')
    const failed = { type: 'response.failed', response: { error: { code: 'invalid_request', message } } }
    expect((await answered(bytes(failed), byResponses)).error?.code).toBe('CONTEXT_TOO_LONG')
  })

  it.each<[number, string, string]>([
    [
      429,
      'Request too large for m on tokens per min (TPM): Limit 30000, Requested 50000.',
      'UPSTREAM_RATE_LIMIT',
    ],
    [
      400,
      'max_tokens is too large: 5000. This model supports at most 4096 completion tokens.',
      'UPSTREAM_ERROR',
    ],
    [400, 'Invalid value for temperature.', 'UPSTREAM_ERROR'],
    [413, '<h1>413 Request Entity Too Large</h1>', 'CONTEXT_TOO_LONG'],
  ])('%i %s', async (status, message, code) => {
    expect((await answered({ status, body: message })).error?.code).toBe(code)
  })
})

describe('a missing endpoint', () => {
  it.each<[number, unknown]>([
    [200, { error: 'Unexpected endpoint or method. (POST /v1/responses)' }],
    [200, { error: { message: 'Unknown path /v1/responses' } }],
    [400, { error: { message: 'Invalid URL (POST /v1/responses)' } }],
    [403, { detail: 'x' }],
    [404, 'page'],
    [405, ''],
    [500, { error: { message: 'The Responses API is not supported' } }],
    [501, ''],
  ])('%i %j', async (status, body) => {
    await using upstream = await createUpstream()
    upstream.reply(({ api }) => (api === 'responses' ? { status, body } : { tokens: ['a'] }))
    const { text } = await ask(upstream, { api: 'auto' })
    expect(text).toBe(status === 403 ? '' : 'a')
  })
})

it('messages of one role in a row go out as one', async () => {
  await using upstream = await createUpstream()
  const say = (role: ProviderMessage['role'], content: string) => ({ role, parts: composeParts({ content }) })
  const history = [
    say('user', 'um'),
    say('user', 'dois'),
    say('assistant', ''),
    say('assistant', 'sim'),
    say('user', 'três'),
  ]
  for (const api of ['chat', 'responses'] as const) {
    await ask(upstream, { api }, { ...QUESTION, history })
    const { body } = upstream.requests.at(-1) ?? {}
    expect(body?.messages ?? body?.input).toEqual([
      { role: 'user', content: 'um\n\ndois' },
      { role: 'assistant', content: 'sim' },
      { role: 'user', content: 'três' },
    ])
  }
})

describe('a Responses API without deltas', () => {
  const message = (text: string, annotations: object[] = []) => ({
    type: 'message',
    content: [{ type: 'output_text', text, annotations }],
  })
  const output = [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
    message('Um.', [{ type: 'url_citation', url: 'https://example.com', title: 'x' }]),
    message('Dois.'),
  ]
  const usage = { input_tokens: 3, output_tokens: 4 }
  const completed = (fields: object) => ({
    type: 'response.completed',
    response: { status: 'completed', usage, ...fields },
  })
  const added = { type: 'response.output_item.added', item: { type: 'message' } }
  const done = (text: string) => ({ type: 'response.output_text.done', text })

  it.each<[string, object[]]>([
    ['the completed response', [completed({ output })]],
    [
      'its items',
      [...output.map(item => ({ type: 'response.output_item.done', item })), completed({ output: [] })],
    ],
    [
      'all of these',
      [
        { type: 'response.reasoning_summary_text.done', text: 'hm' },
        added,
        done('Um.'),
        added,
        done('Dois.'),
        ...output.map(item => ({ type: 'response.output_item.done', item })),
        completed({ output }),
      ],
    ],
  ])('gives its text by %s', async (_, events) => {
    expect(await answered(bytes(...events), byResponses)).toMatchObject({
      text: 'Um.\n\nDois.',
      reasoning: 'hm',
      sources: [{ url: 'https://example.com', title: 'x' }],
      usage: { inputTokens: 3, outputTokens: 4 },
    })
  })

  it('gives nothing twice that deltas brought', async () => {
    const events = [
      added,
      { type: 'response.output_text.delta', delta: 'Um.' },
      done('Um.'),
      { type: 'response.output_item.done', item: message('Um.') },
      completed({ output: [message('Um.')] }),
    ]
    expect((await answered(bytes(...events), byResponses)).text).toBe('Um.')
  })
})
