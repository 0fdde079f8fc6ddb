import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/harness/processorTime.ts'
import { definitionsFor, definitionsIn } from './definitions.ts'

test('a block gets the definitions that it refers to, the first of each label', () => {
  const definitions = definitionsIn(['[A  b]: https://example.com/1\n\n', '> [a b]: /2\n\n', '[c]: /3\n'])
  expect(definitionsFor('[texto][a\nB] e [a b] e [x[c]', definitions)).toBe(
    '[A  b]: https://example.com/1\n[c]: /3',
  )
  expect(definitionsFor('[d] e c', definitions)).toBe('')
})

test('many definitions and many references take a part of a second', () => {
  const labels = Array.from({ length: 4000 }, (_, index) => `a${index}`)
  const blocks = [...labels.map(label => `[${label}]: b\n\n`), ...labels.map(label => `[${label}]\n\n`)]
  const time = processorTime(() => {
    const definitions = definitionsIn(blocks)
    for (const block of blocks) definitionsFor(block, definitions)
  })
  expect(time).toBeLessThan(500)
})
