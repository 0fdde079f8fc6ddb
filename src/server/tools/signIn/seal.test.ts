import { expect, test } from 'vitest'
import { createSeal } from './seal.ts'

const [OLD, NEW] = ['an old secret of many characters', 'a new secret of many characters!']

test('a text opens for what it was closed for, and for nothing else', () => {
  const seal = createSeal([OLD])
  const closed = seal.close('água', 'tokens calendar')
  expect(closed).not.toContain('água')
  expect(closed).not.toBe(seal.close('água', 'tokens calendar'))
  expect(seal.open(closed, 'tokens calendar')).toBe('água')
  expect(seal.open(closed, 'tokens mail')).toBeUndefined()
  expect(createSeal([NEW]).open(closed, 'tokens calendar')).toBeUndefined()
})

test('what the secret before closed opens, and what the new one closes needs the new one', () => {
  const both = createSeal([NEW, OLD])
  expect(both.open(createSeal([OLD]).close('x', 'y'), 'y')).toBe('x')
  expect(createSeal([OLD]).open(both.close('x', 'y'), 'y')).toBeUndefined()
})

test('what is damaged does not open', () => {
  const seal = createSeal([OLD])
  const closed = Buffer.from(seal.close('x', 'y'), 'base64url')
  for (const at of [0, 12, closed.length - 1]) {
    const damaged = Buffer.from(closed)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    expect(seal.open(damaged.toString('base64url'), 'y')).toBeUndefined()
  }
  for (const short of ['', 'AAAA']) expect(seal.open(short, 'y')).toBeUndefined()
})
