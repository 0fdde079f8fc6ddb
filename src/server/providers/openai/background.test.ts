import { describe, expect, it } from 'vitest'
import {
  fold,
  leave,
  NEVER,
  open,
  PATIENT,
  QUESTION,
  resumed,
} from '../../../../test/upstream/backgroundSubject.ts'
import { type ReadReply, readReply } from '../../../../test/upstream/readReply.ts'
import type { Reply } from '../../../../test/upstream/upstream.ts'
import type { Part } from '../../../protocol/parts.ts'

const SOURCE = { type: 'url_citation', url: 'https://example.com/rio', title: 'O rio' }

const SEARCHING = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }
const SEARCHED = {
  ...SEARCHING,
  status: 'completed',
  action: { type: 'search', query: 'rio', queries: ['rio', 'mar'], sources: [{}, {}, {}] },
}

/** Two parts of reasoning, a search, and two messages, the first with a source. */
const LONG = recordingOf([
  { type: 'response.output_item.added', item: { type: 'reasoning' } },
  { type: 'response.reasoning_summary_part.added' },
  ...['Pen', 'so'].map(delta => ({ type: 'response.reasoning_summary_text.delta', delta })),
  { type: 'response.reasoning_summary_part.added' },
  { type: 'response.reasoning_summary_text.delta', delta: 'Logo' },
  { type: 'response.output_item.added', output_index: 1, item: SEARCHING },
  { type: 'response.web_search_call.searching' },
  { type: 'response.output_item.done', output_index: 1, item: SEARCHED },
  { type: 'response.output_item.added', item: { type: 'message' } },
  ...['Um ', 'rio 🌊'].map(delta => ({ type: 'response.output_text.delta', delta })),
  { type: 'response.output_text.annotation.added', annotation: SOURCE },
  { type: 'response.output_text.delta', delta: '.' },
  { type: 'response.output_item.added', item: { type: 'message' } },
  ...['Corre', ' ao mar'].map(delta => ({ type: 'response.output_text.delta', delta })),
])
const WHOLE = {
  reasoning: 'Penso\n\nLogo',
  text: 'Um rio 🌊.\n\nCorre ao mar',
  refusal: '',
  sources: [{ url: SOURCE.url, title: SOURCE.title }],
  searches: {
    ws_1: { status: 'completed', queries: ['rio', 'mar'], found: 3, told: ['search-start', 'search-end'] },
  },
  usage: { inputTokens: 3, outputTokens: 9 },
}
/** Steps of it after which something was written. */
const WRITTEN = LONG.flatMap((line, index) =>
  /"delta"|annotation\.added|created|output_index/.test(line) ? index + 1 : [],
)

function recordingOf(events: readonly object[]): string[] {
  const message = (text: string, annotations: object[] = []) => ({
    type: 'message',
    content: [{ type: 'output_text', text, annotations }],
  })
  const response = {
    id: 'resp_long',
    status: 'completed',
    output: [
      { type: 'reasoning', summary: [{ text: 'Penso' }, { text: 'Logo' }] },
      SEARCHED,
      message('Um rio 🌊.', [SOURCE]),
      message('Corre ao mar'),
    ],
    usage: { input_tokens: 3, output_tokens: 9 },
  }
  return [
    { type: 'response.created', response: { id: 'resp_long', status: 'queued' } },
    ...events,
    { type: 'response.completed', response },
  ].map((event, index) => JSON.stringify({ ...event, sequence_number: index }))
}

function expectWhole(reply: ReadReply): void {
  // What a provider wants back goes with calls, and there are none in the background.
  const { checkpoint: _, kept: __, ...rest } = reply
  expect(rest).toEqual(WHOLE)
}

describe('a stream that is cut', () => {
  it.each([[[]], [[1]], [[1, 1, 1]], [[2, 0]]])(
    'after any event, and then after %j more, is gone on with',
    async after => {
      for (let cut = 0; cut < LONG.length; cut++) {
        await using subject = await open({ recording: LONG, background: { cuts: [cut + 1, ...after] } })
        expectWhole(await readReply(subject.provider.generate(QUESTION, NEVER)))
        expect(subject.upstream.requests).toHaveLength(1)
        expect(subject.upstream.background[0]?.calls.map(({ kind }) => kind)).not.toContain('cancel')
      }
    },
  )

  it('is gone on with three times, and then the response is polled', async () => {
    await using subject = await open({ recording: LONG, background: { cuts: [1, 1, 1, 1, 1] } })
    expectWhole(await readReply(subject.provider.generate(QUESTION, NEVER)))
    expect(subject.upstream.background[0]?.calls).toEqual([
      { kind: 'stream', after: 0 },
      { kind: 'stream', after: 1 },
      { kind: 'stream', after: 2 },
      { kind: 'poll' },
    ])
  })

  it('before its first event fails, and is not asked again: the provider may be writing it', async () => {
    await using subject = await open({ background: { cuts: [0] } })
    const { error } = await readReply(subject.provider.generate(QUESTION, NEVER))
    expect(error).toMatchObject({ code: 'UPSTREAM_TRUNCATED', details: { beforeFirstByte: false } })
  })

  it('by silence is gone on with', async () => {
    const timeouts = { ...PATIENT, idle: 100 }
    await using subject = await open({}, { timeouts })
    const gate = subject.upstream.hold()
    const reply = readReply(subject.provider.generate(QUESTION, NEVER))
    await subject.upstream.request(0)
    await gate.next(2)
    await expect.poll(() => subject.upstream.background[0]?.calls).toHaveLength(1)
    gate.open()
    expect(await reply).toMatchObject({ text: 'Olá, mundo!' })
  })
})

describe('a process that takes over', () => {
  it.each([
    ['by a stream', {}],
    ['by streams that are cut', { cuts: [99, 2, 1] }],
    ['by polling', { streams: 'too-old' }],
  ] as const)('at any checkpoint gives the rest, and no more, %s', async (_, background) => {
    for (const steps of WRITTEN) {
      await using subject = await open()
      const left = await leave(subject, { steps, reply: { recording: LONG, background } })
      const { checkpoint, parts, gate } = left
      gate.open()
      if ('streams' in background) await subject.upstream.background[0]?.ended
      for await (const chunk of resumed(subject.another(), { checkpoint, parts: structuredClone(parts) }))
        fold(parts, chunk)
      const written = (type: Part['type']) =>
        parts.map(part => (part.type === type && 'text' in part ? part.text : '')).join('')
      expect(written('reasoning')).toBe(WHOLE.reasoning)
      expect(written('text')).toBe(WHOLE.text)
      expect(parts.filter(({ type }) => type === 'source')).toHaveLength(1)
      expect(subject.upstream.background[0]?.calls.map(({ kind }) => kind)).not.toContain('cancel')
    }
  })

  it('follows a response that is still written', async () => {
    await using subject = await open()
    const { checkpoint, parts, gate } = await leave(subject, { steps: 1 })
    await gate.next()
    const chunks = resumed(subject.another(), { checkpoint, parts })[Symbol.asyncIterator]()
    expect((await chunks.next()).value).toEqual({ type: 'text-delta', content: ', ' })
    gate.open()
    expect((await readReply({ [Symbol.asyncIterator]: () => chunks })).text).toBe('mundo!')
  })

  it.each<[string, Reply, object]>([
    [
      'failed',
      { ending: 'failed', error: { code: 'rate_limit_exceeded', message: 'x' } },
      { code: 'UPSTREAM_RATE_LIMIT' },
    ],
    ['error', { ending: 'error', error: { code: 'server_error', message: 'x' } }, { code: 'UPSTREAM_ERROR' }],
    ['incomplete', { ending: 'output-limit' }, { code: 'OUTPUT_LIMIT' }],
    ['filtered', { ending: 'content-filter' }, { code: 'CONTENT_FILTERED' }],
    ['cancelled', { ending: 'cancelled' }, { code: 'UPSTREAM_TRUNCATED' }],
  ])('learns that the response %s, from a stream and from a poll', async (_, reply, error) => {
    for (const background of [{}, { streams: 'too-old' }] as const) {
      await using subject = await open()
      const left = await leave(subject, { steps: 2, reply: { ...reply, background } })
      const { checkpoint, parts, gate } = left
      gate.open()
      await subject.upstream.background[0]?.ended
      const { text, error: thrown } = await subject.resume(checkpoint, parts)
      expect(thrown).toMatchObject(error)
      expect(text).toBe('streams' in background ? '' : 'mundo!')
    }
  })

  it('from a response that the provider forgot keeps what arrived', async () => {
    await using subject = await open()
    const { error } = await subject.resume('4::resp_gone', [{ id: '1', type: 'text', text: 'Olá' }])
    expect(error).toMatchObject({ code: 'UPSTREAM_TRUNCATED', details: { beforeFirstByte: false } })
  })

  it('with a checkpoint of another provider keeps what arrived', async () => {
    await using subject = await open()
    const { error } = await subject.resume('somewhere', [{ id: '1', type: 'text', text: 'Olá' }])
    expect(error?.code).toBe('UPSTREAM_TRUNCATED')
    expect(subject.upstream.background).toEqual([])
  })

  it('fails where the stored text is another one', async () => {
    await using subject = await open()
    const { checkpoint, gate } = await leave(subject, {
      steps: 1,
      reply: { background: { streams: 'too-old' } },
    })
    gate.open()
    await subject.upstream.background[0]?.ended
    const { error, text } = await subject.resume(checkpoint, [{ id: '1', type: 'text', text: 'Oi' }])
    expect(error?.code).toBe('UPSTREAM_ERROR')
    expect(text).toBe('')
  })

  it('with a key that is refused fails at once', async () => {
    await using subject = await open()
    const background = { streams: ['unauthorized'], polls: ['unauthorized'] } as const
    const { checkpoint, parts } = await leave(subject, { steps: 1, reply: { background } })
    expect((await subject.resume(checkpoint, parts)).error?.code).toBe('UPSTREAM_AUTH')
  })
})
