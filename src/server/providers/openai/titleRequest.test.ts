import { expect, it } from 'vitest'
import { readReply } from '../../../../test/upstream/readReply.ts'
import { createUpstream, type Upstream } from '../../../../test/upstream/upstream.ts'
import { composeParts } from '../../../protocol/parts.ts'
import type { Provider, TitleRequest } from '../../generation/provider.ts'
import { createOpenaiProvider, type OpenaiOptions } from './openaiProvider.ts'

const TITLE: TitleRequest = {
  model: 'gpt-test',
  question: composeParts({ content: 'O que é um riacho?' }),
  reply: composeParts({ content: 'Um rio pequeno.' }),
  locale: 'en',
}
const NEVER = new AbortController().signal

function service(upstream: Upstream, options: Partial<OpenaiOptions> = {}): Provider {
  const timeouts = { connect: 5000, firstByte: 5000, idle: 5000, total: 20_000 }
  return createOpenaiProvider({ baseUrl: upstream.url, api: 'responses', timeouts, ...options })
}

async function titleBy(provider: Provider): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of provider.title?.(TITLE, NEVER) ?? []) pieces.push(piece)
  return pieces
}

it.each(['responses', 'chat'] as const)(
  'a title by %s is one short question, apart from the conversation',
  async api => {
    await using upstream = await createUpstream()
    upstream.reply({ reasoning: ['Hm'], tokens: ['Um ', 'rio'] })
    expect((await titleBy(service(upstream, { api, background: api === 'responses' }))).join('')).toBe(
      'Um rio',
    )
    const { body } = await upstream.request(0)
    const messages = body.input ?? body.messages
    expect(messages).toHaveLength(1)
    expect(JSON.stringify(messages)).toMatch(
      /O que é um riacho\?.*Um rio pequeno\..*Give this conversation a title/,
    )
    const effort = api === 'responses' ? { reasoning: { effort: 'low' } } : { reasoning_effort: 'low' }
    expect(body).toMatchObject(effort)
    expect(JSON.stringify(body)).not.toContain('summary')
    expect(body['max_output_tokens'] ?? body['max_completion_tokens']).toBe(512)
    expect(body['background']).toBeUndefined()
    expect(upstream.background).toEqual([])
  },
)

it('a title tells the provider the beginning of what is long', async () => {
  await using upstream = await createUpstream()
  const provider = service(upstream)
  const [question, reply] = ['a', 'b'].map(letter => composeParts({ content: letter.repeat(50_000) }))
  const long = { ...TITLE, question: question ?? [], reply: reply ?? [] }
  for await (const _ of provider.title?.(long, NEVER) ?? []) break
  expect(JSON.stringify((await upstream.request(0)).body).length).toBeLessThan(6000)
})

it.each(['responses', 'chat'] as const)(
  'a title is asked of %s without an effort where the model knows none',
  async api => {
    await using upstream = await createUpstream()
    const provider = service(upstream, { api })
    upstream.replyOnce({
      status: 400,
      body: { error: { message: '"gpt-test" does not support thinking' } },
    })
    upstream.reply({ tokens: ['Um rio'] })
    expect(await titleBy(provider)).toEqual(['Um rio'])
    expect(await titleBy(provider)).toEqual(['Um rio'])
    const question = {
      model: 'gpt-test',
      instructions: '',
      history: [],
      locale: 'en',
      effort: 'high',
    } as const
    await readReply(provider.generate(question, NEVER))
    const efforts = upstream.requests.map(({ body }) => 'reasoning' in body || 'reasoning_effort' in body)
    expect(efforts).toEqual([true, false, false, true])
  },
)

it('a title closes its socket when it is no longer wanted', async () => {
  await using upstream = await createUpstream()
  upstream.reply({ tokens: ['um', ' dois'], ending: 'hang' })
  for await (const _ of service(upstream).title?.(TITLE, NEVER) ?? []) break
  expect(await (await upstream.request(0)).closed).toBe('client')
})
