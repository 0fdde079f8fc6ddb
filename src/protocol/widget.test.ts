import { expect, test } from 'vitest'
import { messageIn, post } from './widget.ts'

const source = { name: 'the frame' }
const from = { source, origin: 'https://chat.example' }
const event = (changes: object) => ({
  source,
  origin: from.origin,
  data: { riacho: 1, type: 'ready' },
  ...changes,
})

test('a message is taken from its window, at its origin and in its version alone', () => {
  expect(messageIn(event({}), from)).toMatchObject({ type: 'ready' })
  const others = [
    { source: { name: 'another frame' } },
    { source: null },
    { origin: 'https://chat.example.evil' },
    { origin: 'null' },
    { data: { riacho: 2, type: 'ready' } },
    { data: { type: 'ready' } },
    { data: 'ready' },
    { data: null },
    { data: undefined },
  ]
  for (const other of others) expect(messageIn(event(other), from), JSON.stringify(other)).toBeUndefined()
})

test('a message goes to one origin', () => {
  const sent: unknown[] = []
  post({ postMessage: (...args) => void sent.push(args) }, 'https://app.example', { type: 'close' })
  expect(sent).toEqual([[{ riacho: 1, type: 'close' }, 'https://app.example']])
})
