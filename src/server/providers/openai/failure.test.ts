import { describe, expect, it } from 'vitest'
import { errorOf, refusalOf, reportedFailure, retryAfterOf } from './failure.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0)

describe('retry-after', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '20' }, 20],
    [{ 'retry-after-ms': '1200', 'retry-after': '20' }, 2],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30],
    [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': 'Sun, 22 Nov 2036 12:00:30 GMT', date: 'Sat, 22 Nov 2036 12:00:00 GMT' }, 30],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT', date: 'today' }, 30],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{}, undefined],
  ])('%o is %s seconds', (headers, seconds) => {
    expect(retryAfterOf(headers, NOW)).toBe(seconds)
  })
})

describe('what providers report', () => {
  it.each<[string, unknown, string]>([
    ['nested', { error: { code: 'insufficient_quota', message: 'x' } }, 'UPSTREAM_QUOTA'],
    ['flat', { type: 'error', code: 'rate_limit_exceeded', message: 'x' }, 'UPSTREAM_RATE_LIMIT'],
    ['by type', { error: { type: 'overloaded_error', code: null, message: 'x' } }, 'UPSTREAM_OVERLOADED'],
    ['numeric code', { error: { code: 429, message: 'x' } }, 'UPSTREAM_RATE_LIMIT'],
    [
      'vLLM',
      { object: 'error', code: 400, message: 'maximum context length is 8 tokens' },
      'CONTEXT_TOO_LONG',
    ],
    [
      'llama.cpp',
      { error: { code: 400, type: 'exceed_context_size_error', message: 'x' } },
      'CONTEXT_TOO_LONG',
    ],
    ['DeepSeek', { error: { code: 400, message: 'Model Not Exist' } }, 'MODEL_NOT_FOUND'],
    ['a policy', { error: { code: 'bio_policy', message: 'x' } }, 'CONTENT_FILTERED'],
    ['a text', { error: 'it broke' }, 'UPSTREAM_ERROR'],
    ['null', { error: null }, 'UPSTREAM_ERROR'],
    ['nothing', null, 'UPSTREAM_ERROR'],
  ])('%s', (_, report, code) => {
    expect(reportedFailure(report).code).toBe(code)
  })

  it('the code wins over the status', () => {
    expect(refusalOf(403, '{"error":{"code":"model_not_found"}}', undefined).code).toBe('MODEL_NOT_FOUND')
  })
})

it('messages are short, on one line, and keep what the provider said', () => {
  const page = `<html>\n  <body>${'Bad Gateway '.repeat(100)}</body></html>`
  const { message } = errorOf(refusalOf(502, page, undefined), false, {})
  expect(message).toMatch(/^502 <html> <body>Bad Gateway/)
  expect(message).toHaveLength(300)
})

it('nothing may be asked again once something was written', () => {
  const failure = reportedFailure({ error: 'it broke' })
  expect(errorOf(failure, false, {}).details.beforeFirstByte).toBe(true)
  expect(errorOf(failure, true, {}).details.beforeFirstByte).toBe(false)
})
