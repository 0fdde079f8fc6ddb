import { expect, test } from 'vitest'
import { WebOutlet } from './webOutlet.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

function openOutlet() {
  const client = new AbortController()
  const outlet = new WebOutlet(new Headers({ 'x-first': '1' }), client.signal)
  let closed = 0
  outlet.onClose(() => closed++)
  return { outlet, client, closed: () => closed }
}

test('a piece has left once the client has read what is before it', async () => {
  const { outlet } = openOutlet()
  outlet.begin({ 'content-type': 'text/event-stream' })
  const { body } = await outlet.response
  const left: string[] = []
  outlet.write('a'.repeat(20_000), () => left.push('a'))
  outlet.write('b', () => left.push('b'))
  await turn()
  expect([left, outlet.pending]).toEqual([[], 20_001])
  const reader = body?.getReader()
  await reader?.read()
  await turn()
  expect([left, outlet.pending]).toEqual([['a', 'b'], 1])
})

test('a client that leaves closes the outlet once, and nothing is written any more', async () => {
  const { outlet, client, closed } = openOutlet()
  outlet.begin({})
  const { body } = await outlet.response
  await body?.cancel()
  client.abort()
  outlet.write('late')
  outlet.end()
  outlet.cut()
  expect(closed()).toBe(1)
})

test('a client that leaves before the answer begins leaves nobody waiting', async () => {
  const { outlet, client, closed } = openOutlet()
  client.abort()
  expect([(await outlet.response).status, closed()]).toEqual([499, 1])
})

test('what was written before the end is read, and a cut is seen as an error', async () => {
  const whole = openOutlet().outlet
  whole.begin({})
  whole.write('café ')
  whole.write('🎈')
  whole.end()
  expect(await (await whole.response).text()).toBe('café 🎈')
  const cut = openOutlet().outlet
  cut.begin({})
  const response = await cut.response
  cut.cut()
  await expect(response.text()).rejects.toThrow('cut')
})

test('an answer without events keeps the headers set before', async () => {
  const { outlet, closed } = openOutlet()
  outlet.sendNothing({ location: '/x' })
  const { status, headers } = await outlet.response
  expect([status, headers.get('x-first'), headers.get('location'), closed()]).toEqual([204, '1', '/x', 1])
})
