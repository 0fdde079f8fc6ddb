import { createElement } from 'react'
import { expect, test } from 'vitest'
import { markupOf } from '../../markdown/testing/drawn.ts'
import { Parts } from './parts.tsx'

test.each([
  [null, 'Raciocínio'],
  [0, 'Raciocínio'],
  [499, 'Raciocínio'],
  [500, 'Raciocinou por 1 s'],
  [12_400, 'Raciocinou por 12 s'],
])('reasoning of %s ms is called as long as it was', (reasoningMs, label) => {
  const timing = { firstTokenMs: 10, reasoningMs, totalMs: 20_000 }
  const parts = [{ id: '1', type: 'reasoning', text: 'Pensei.' }] as const
  const html = markupOf(createElement(Parts, { parts, isStreaming: false, timing }))
  expect(html).toMatch(new RegExp(`>${label}</summary>`))
})
