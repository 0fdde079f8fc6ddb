import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodePosition, encodePosition } from './checkpoint.ts'

it('a position is what its checkpoint says', () => {
  const position = fc.record({
    id: fc.string({ minLength: 1 }).filter(id => !/[\r\n\u2028\u2029]/.test(id)),
    sequence: fc.option(fc.nat(), { nil: undefined }),
    gaps: fc.record({ text: fc.boolean(), reasoning: fc.boolean() }),
  })
  fc.assert(
    fc.property(position, position => {
      expect(decodePosition(encodePosition(position))).toEqual(position)
    }),
  )
})

it('a checkpoint is short', () => {
  const gaps = { text: false, reasoning: false }
  expect(encodePosition({ id: 'resp_1', sequence: 12, gaps })).toBe('12::resp_1')
})

it.each(['', 'resp_1', '12:', '12::', 'x::resp_1', '{"id":1}'])('%j is no checkpoint', text => {
  expect(decodePosition(text)).toBeUndefined()
})
