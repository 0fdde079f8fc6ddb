import { describe, expect, it } from 'vitest'
import { composeParts } from '../../../protocol/parts.ts'
import type { ProviderRequest } from '../../generation/provider.ts'
import { refusalOf } from './failure.ts'
import { bodyOf, isMissingEndpoint, refusedField } from './requestBodies.ts'

const REQUEST: ProviderRequest = {
  model: 'gpt-test',
  instructions: 'Seja breve.',
  history: [
    { role: 'user', parts: composeParts({ content: 'Oi' }) },
    { role: 'assistant', parts: composeParts({ content: 'Olá!' }) },
    { role: 'user', parts: composeParts({ content: 'Tudo bem?' }) },
  ],
  locale: 'pt-BR',
  temperature: 0.2,
  effort: 'low',
}
const MESSAGES = [
  { role: 'user', content: 'Oi' },
  { role: 'assistant', content: 'Olá!' },
  { role: 'user', content: 'Tudo bem?' },
]
const NONE: ReadonlySet<string> = new Set()

describe('request bodies', () => {
  it('responses: the whole history, and nothing stored', () => {
    expect(bodyOf('responses', REQUEST, { maxOutputTokens: 900, refused: NONE })).toEqual({
      model: 'gpt-test',
      instructions: 'Seja breve.',
      input: MESSAGES,
      stream: true,
      store: false,
      stream_options: { include_obfuscation: false },
      temperature: 0.2,
      reasoning: { effort: 'low', summary: 'auto' },
      max_output_tokens: 900,
    })
  })

  it.each(['responses', 'chat'] as const)('%s: no half of a character, whoever wrote or cut it', api => {
    const history = [{ role: 'user', parts: composeParts({ content: 'a\uD83C' }) }] as const
    const request = { ...REQUEST, instructions: '', history, partial: composeParts({ content: '\uDF0A b' }) }
    expect(JSON.stringify(bodyOf(api, request, { refused: NONE }))).not.toMatch(/\\ud[89a-f]/i)
  })

  it('chat: the instructions as its system message, and usage', () => {
    expect(bodyOf('chat', REQUEST, { maxOutputTokens: 900, refused: NONE })).toEqual({
      model: 'gpt-test',
      messages: [{ role: 'system', content: 'Seja breve.' }, ...MESSAGES],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.2,
      reasoning_effort: 'low',
      max_completion_tokens: 900,
    })
  })

  it('responses in the background: kept at the provider', () => {
    const sent = bodyOf('responses', REQUEST, { background: true, refused: NONE })
    expect(sent).toMatchObject({ background: true, stream: true, store: true })
  })

  it('what is not given is not sent', () => {
    const plain = { ...REQUEST, instructions: '', temperature: undefined, effort: undefined }
    const sent = bodyOf('chat', plain, { refused: NONE })
    expect(Object.keys(sent)).toEqual(['model', 'messages', 'stream', 'stream_options'])
  })
})

describe('refused fields', () => {
  const body = bodyOf('responses', REQUEST, { refused: NONE })
  const refused = (text: unknown, status = 400) =>
    refusedField('responses', body, refusalOf(status, JSON.stringify(text), undefined))

  it('are known by the parameter or by their quoted name', () => {
    expect(refused({ error: { message: 'No.', param: 'reasoning.summary' } })).toBe('reasoning.summary')
    expect(refused({ error: { message: "Unsupported parameter: 'temperature'." } })).toBe('temperature')
    expect(refused({ detail: [{ loc: ['body', 'stream_options'] }] }, 422)).toBe('stream_options')
  })

  it('are left out of the next body', () => {
    expect(bodyOf('responses', REQUEST, { refused: new Set(['reasoning.summary']) })).toMatchObject({
      reasoning: { effort: 'low' },
    })
    expect(bodyOf('responses', REQUEST, { refused: new Set(['reasoning']) })).not.toHaveProperty('reasoning')
  })

  it('are none where the field was not sent, is needed, or the status is another one', () => {
    expect(refused({ error: { message: 'No.', param: 'input' } })).toBeUndefined()
    expect(refused({ error: { message: 'No.', param: 'store' } }, 500)).toBeUndefined()
    const without = bodyOf('responses', REQUEST, { refused: new Set(['store']) })
    const failure = refusalOf(400, '{"error":{"param":"store"}}', undefined)
    expect(refusedField('responses', without, failure)).toBeUndefined()
  })
})

describe('a search of the web', () => {
  const search = { ...REQUEST, search: true }
  const tools = [{ name: 'soma', description: 'Adds.', parameters: { type: 'object' } }]

  it('is a tool beside the functions, and tells the pages that it found', () => {
    const body = bodyOf('responses', { ...search, tools }, { refused: NONE })
    expect(body).toMatchObject({
      tools: [{ type: 'function', name: 'soma' }, { type: 'web_search' }],
      include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
    })
    expect(bodyOf('responses', { ...search, mayCall: false }, { refused: NONE })).toMatchObject({
      tools: [{ type: 'web_search' }],
      tool_choice: 'none',
    })
    expect(bodyOf('chat', search, { refused: NONE })).toMatchObject({ web_search_options: {} })
  })

  it.each([
    [{ message: "Invalid value: 'web_search'. Supported values are: 'function'.", param: 'tools[1]' }],
    [{ message: 'Input should be a function', param: 'tools[1].type' }],
    [{ message: "'tools' has what this model does not know." }],
  ])('is left out where a server refuses it, and the functions stay: %j', error => {
    const request = { ...search, tools }
    const body = bodyOf('responses', request, { refused: NONE })
    const failure = refusalOf(400, JSON.stringify({ error }), undefined)
    const field = refusedField('responses', body, failure) ?? ''
    const next = bodyOf('responses', request, { refused: new Set([field]) })
    expect(next).toMatchObject({ tools: [{ name: 'soma' }], include: ['reasoning.encrypted_content'] })
    expect(JSON.stringify(next)).not.toContain('web_search')
  })

  it('is made without the list of pages where a server does not tell it', () => {
    const body = bodyOf('responses', search, { refused: NONE })
    const error = { message: "Invalid value: 'web_search_call.action.sources'.", param: 'include[0]' }
    const field = refusedField('responses', body, refusalOf(400, JSON.stringify({ error }), undefined)) ?? ''
    const next = bodyOf('responses', search, { refused: new Set([field]) })
    expect(next).toMatchObject({ tools: [{ type: 'web_search' }] })
    expect(next).not.toHaveProperty('include')
  })
})

describe('missing endpoints', () => {
  it.each([
    [404, '{"detail":"Not Found"}', true],
    [404, '404 page not found', true],
    [405, '', true],
    [501, '{"error":{"code":501,"message":"not supported"}}', true],
    [404, '{"error":{"code":"model_not_found","message":"No such thing."}}', false],
    [404, '{"object":"error","message":"The model `x` does not exist.","code":404}', false],
    [400, '', false],
  ])('%i %s: %s', (status, body, missing) => {
    expect(isMissingEndpoint(refusalOf(status, body, undefined))).toBe(missing)
  })
})
