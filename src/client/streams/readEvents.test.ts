import { describe, expect, test } from 'vitest'
import { readEvents } from './readEvents.ts'

const TEXT = 'id: 1\nevent: run-start\ndata: {"olá":"à"}\n\n: \n\ndata: um\ndata: dois 🌊\n\n'
const EVENTS = [
  { id: '1', name: 'run-start', data: '{"olá":"à"}' },
  { id: undefined, name: undefined, data: 'um\ndois 🌊' },
]

/** A response in these pieces; `cancelled` says whether its reader gave it up. */
function respond(pieces: readonly Uint8Array<ArrayBuffer>[], { endsWith }: { endsWith?: Error } = {}) {
  const state = { cancelled: false }
  let next = 0
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: controller => {
        const piece = pieces[next++]
        if (piece) controller.enqueue(piece)
        else if (endsWith) controller.error(endsWith)
        else controller.close()
      },
      cancel: () => {
        state.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, state }
}

async function readAll(response: { body: ReadableStream<Uint8Array<ArrayBuffer>> }) {
  const chunks = []
  for await (const events of readEvents(response)) chunks.push(events)
  return chunks
}

describe('reading events', () => {
  test('a stream split at any byte gives the same events', async () => {
    const bytes = new TextEncoder().encode(TEXT)
    for (let at = 0; at <= bytes.length; at++) {
      const chunks = await readAll(
        respond([bytes.slice(0, at), bytes.slice(at)].filter(({ length }) => length)),
      )
      expect(chunks.flat(), `split at ${at}`).toEqual(EVENTS)
    }
    const single = Array.from(bytes, byte => Uint8Array.of(byte))
    expect((await readAll(respond(single))).flat()).toEqual(EVENTS)
  })

  test('each chunk gives what it completes, and a heartbeat nothing', async () => {
    const pieces = ['data: 1\n\ndata: 2\n\n', ': \n\n', 'data: 3\n', '\n']
    const chunks = await readAll(respond(pieces.map(piece => new TextEncoder().encode(piece))))
    expect(chunks.map(events => events.map(({ data }) => data))).toEqual([['1', '2'], [], [], ['3']])
  })

  test('a connection that breaks throws, after the events before it', async () => {
    const response = respond([new TextEncoder().encode('data: 1\n\n')], { endsWith: new Error('cut') })
    const events = readEvents(response)
    expect((await events.next()).value).toEqual([{ id: undefined, name: undefined, data: '1' }])
    await expect(events.next()).rejects.toThrow('cut')
  })

  test('leaving the loop cancels the response', async () => {
    const response = respond([new TextEncoder().encode('data: 1\n\n'), new TextEncoder().encode(': \n\n')])
    for await (const _ of readEvents(response)) break
    expect(response.state.cancelled).toBe(true)
  })

  test('an event without an end is given up before it fills the memory', async () => {
    const piece = new TextEncoder().encode(`data: ${'x'.repeat(1024 * 1024)}`)
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: controller => controller.enqueue(piece),
    })
    let pieces = 0
    const read = async () => {
      for await (const _ of readEvents({ body: endless })) pieces += 1
    }
    await expect(read()).rejects.toThrow()
    expect(pieces).toBeLessThan(70)
  })
})
