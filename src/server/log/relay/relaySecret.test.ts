import { expect, test } from 'vitest'
import { digestOf, RelaySecret } from './relaySecret.ts'

const BODY = '{"type":"stop"}'
const nodes = { from: 'node-a', to: 'node-b' }

test('a request proves who asks whom, and nothing of it can be changed', () => {
  const secret = new RelaySecret('s')
  const { nonce, authorization } = secret.ask(nodes, BODY)
  expect(secret.asking(authorization)).toEqual({ ...nodes, nonce, digest: digestOf(BODY) })
  for (const wrong of [
    undefined,
    '',
    'Riacho-Node',
    authorization.replace('node-b', 'node-c'),
    authorization.replace('node-a', 'node-c'),
    authorization.replace(nonce, '0'.repeat(32)),
    authorization.replace(digestOf(BODY), digestOf('{}')),
    authorization.slice(0, -1),
    authorization.replace('Riacho-Node', 'Bearer'),
    new RelaySecret('t').ask(nodes, BODY).authorization,
  ])
    expect(secret.asking(wrong)).toBeUndefined()
})

test('an answer proves who answers this very request', () => {
  const secret = new RelaySecret('s')
  const { nonce } = secret.ask(nodes, BODY)
  expect(secret.answering(secret.answer('node-b', nonce), nonce)).toBe('node-b')
  expect(secret.answering(secret.answer('node-b', 'another'), nonce)).toBeUndefined()
  expect(secret.answering(new RelaySecret('t').answer('node-b', nonce), nonce)).toBeUndefined()
  expect(secret.answering(secret.ask(nodes, BODY).authorization, nonce)).toBeUndefined()
})
