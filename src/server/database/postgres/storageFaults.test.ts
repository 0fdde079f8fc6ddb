import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import type { RiachoError } from '../../../protocol/errors.ts'
import { faultOf, isConflict, isFaultOfStatement, isRefusal } from './storageFaults.ts'

function errorOf(code: string, severity = 'ERROR'): DatabaseError {
  return Object.assign(new DatabaseError('words of the server', 0, 'error'), { code, severity })
}

test('what the server says while the connection lives is a refusal', () => {
  for (const code of ['22003', '23505', '40P01', '53100', '57014'])
    expect(isRefusal(errorOf(code))).toBe(true)
})

test('an end of the connection says nothing about the statement', () => {
  expect(isRefusal(errorOf('57P01', 'FATAL'))).toBe(false)
  // PgBouncer lost its server.
  expect(isRefusal(errorOf('08P01', 'FATAL'))).toBe(false)
  expect(isRefusal(errorOf('57P03'))).toBe(false)
  expect(isRefusal(new Error('Connection terminated unexpectedly'))).toBe(false)
})

test('only a fault of the statement itself is refused again', () => {
  expect(isFaultOfStatement(errorOf('22003'))).toBe(true)
  expect(isFaultOfStatement(errorOf('57014'))).toBe(false)
  expect(isFaultOfStatement(errorOf('53300'))).toBe(false)
})

test('a database that cannot be used is STORAGE_UNAVAILABLE with its reason, and a wrong statement is not', () => {
  const reasonOf = (error: unknown) => (faultOf(error) as RiachoError).details.reason
  expect(reasonOf(errorOf('53100'))).toBe('full')
  expect(reasonOf(errorOf('25006'))).toBe('read-only')
  expect(reasonOf(new Error('timeout exceeded when trying to connect'))).toBe('failed')
  const wrong = errorOf('42601')
  expect(faultOf(wrong)).toBe(wrong)
})

test('a fault keeps what it came from', () => {
  expect(isConflict(faultOf(errorOf('40P01')))).toBe(true)
  expect(isRefusal(faultOf(errorOf('53100')))).toBe(true)
})
