import { expect, test } from 'vitest'
import { readProbe } from './readProbe.ts'

/** A response of `chunks`, one every 10 ms of a clock that starts at 1000. */
function probe(chunks: string[], ending: 'end' | 'cut' = 'end') {
  let time = 1000
  const rest = chunks.map(chunk => new TextEncoder().encode(chunk))
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        time += 10
        const chunk = rest.shift()
        if (chunk) controller.enqueue(chunk)
        else if (ending === 'end') controller.close()
        else controller.error(new Error('cut'))
      },
    },
    { highWaterMark: 0 },
  )
  const response = new Response(body, { headers: { 'content-type': 'text/event-stream', Server: 'nginx' } })
  return readProbe(response, { askedAt: 1000, now: () => time })
}

test('every tick has the time at which it was complete', async () => {
  const { headers, arrivals } = await probe(['data: {"tick":0,"at":0}\n', '\ndata: {"tick":1,"at":150}\n\n'])
  expect(arrivals).toEqual([
    { tick: 0, at: 0, arrivedAt: 20 },
    { tick: 1, at: 150, arrivedAt: 20 },
  ])
  expect(headers).toEqual({ 'content-type': 'text/event-stream', server: 'nginx' })
})

test('of a probe that is cut, what came is kept', async () => {
  const { arrivals } = await probe(['data: {"tick":0,"at":0}\n\n', 'data: {"ti'], 'cut')
  expect(arrivals).toEqual([{ tick: 0, at: 0, arrivedAt: 10 }])
})

test('what is no tick is not counted', async () => {
  const { arrivals } = await probe([': \n\n', 'data: olá\n\n', 'data: {"content":"olá"}\n\n'])
  expect(arrivals).toEqual([])
})
