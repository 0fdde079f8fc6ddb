import { expect, test } from 'vitest'
import { nodeProblem } from './requiredNode.ts'

test('a Node that is too old is named in one sentence', () => {
  expect(['22.19.0', '22.20.1', '24.0.0', process.versions.node].map(nodeProblem)).toEqual(
    Array(4).fill(undefined),
  )
  expect(nodeProblem('20.11.0')).toBe('Riacho needs Node 22.19 or newer; this is v20.11.0.')
  expect(nodeProblem('22.18.9')).toBe('Riacho needs Node 22.19 or newer; this is v22.18.9.')
})
