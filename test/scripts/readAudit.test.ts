import { expect, test } from 'vitest'
import { readAudit } from '../../scripts/readAudit.ts'

const auditOf = (severity: string, fixAvailable: boolean | { name: string; version: string }) =>
  readAudit(JSON.stringify({ vulnerabilities: { left: { name: 'left', severity, fixAvailable } } }))

test('a high severity with a fix is bad, and the fix is named', () => {
  expect(auditOf('high', { name: 'left', version: '2.0.0' })).toEqual({
    isBad: true,
    text: 'left: high, mended by left 2.0.0',
  })
  expect(auditOf('critical', true).isBad).toBe(true)
})

test('what has no fix, or is not high, is said and is not bad', () => {
  expect(auditOf('high', false)).toEqual({ isBad: false, text: 'left: high, no fix yet' })
  expect(auditOf('moderate', true)).toEqual({
    isBad: false,
    text: 'left: moderate, mended by a newer version',
  })
})

test('without any there is one sentence', () => {
  expect(readAudit('{"vulnerabilities":{}}')).toEqual({
    isBad: false,
    text: 'No dependency has a known vulnerability.',
  })
})

test.each(['', 'null', 'npm error', '{"message":"405 Method Not Allowed","error":{}}'])(
  'a registry without an audit is said (%j)',
  printed => expect(readAudit(printed).text).toMatch(/offers no audit/),
)
