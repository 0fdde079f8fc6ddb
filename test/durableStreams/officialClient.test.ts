import { stream } from '@durable-streams/client'
import { Agent, setGlobalDispatcher } from 'undici'
import { afterAll, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/protocol/events.ts'
import { serveHandler } from '../harness/fetchServer.ts'
import { startServer } from '../harness/server.ts'
import { countedTokens, createUpstream } from '../upstream/upstream.ts'
import { adaptRuns } from './runAdapter.ts'

type Item = StreamEvent & { seq: number }

// The client calls `fetch`. By itself it would keep connections open.
const agent = new Agent()
setGlobalDispatcher(agent)
afterAll(() => agent.destroy())

test('the client of Durable Streams follows a live run, leaves, resumes and gets each event of the log once', async () => {
  await using upstream = await createUpstream()
  const tokens = countedTokens(30)
  const gate = upstream.hold({ tokens })
  await using server = await startServer({ upstream })
  const client = server.client()
  await using reader = await client.send({ content: 'Oi' })
  await using adapter = await serveHandler(adaptRuns(client))
  const url = `${adapter.url}/${reader.start.runId}`
  const follow = (offset: string) => stream<Item>({ url, offset, live: 'sse', warnOnHttp: false })

  const items: Item[] = []
  const first = await follow('-1')
  const left = Promise.withResolvers<string>()
  first.subscribeJson(({ items: batch, offset }) => {
    items.push(...batch)
    if (textOf(items).includes('t9')) left.resolve(offset)
  })
  // Steps of their own make events of their own.
  for (let step = 0; step < 10; step++) {
    await gate.next()
    await reader.untilText(`t${step}`)
  }
  const offset = await left.promise
  first.cancel()
  await gate.next(10)
  await reader.untilText('t19')

  const second = await follow(offset)
  const ended = Promise.withResolvers<void>()
  second.subscribeJson(({ items: batch, streamClosed }) => {
    items.push(...batch)
    if (streamClosed) ended.resolve()
  })
  gate.open()
  await ended.promise
  await reader.end()
  expect(textOf(items)).toBe(tokens.join(''))
  expect(items).toEqual(reader.frames.map(({ seq, event }) => ({ seq, ...event })))

  const replay = await stream<Item>({ url, offset: '-1', live: false, warnOnHttp: false })
  expect(await replay.json()).toEqual(items)
  const rest = await stream<Item>({ url, offset, live: false, warnOnHttp: false })
  expect(await rest.json()).toEqual(items.filter(({ seq }) => seq > Number(offset)))
})

function textOf(items: readonly Item[]): string {
  return items.map(item => (item.type === 'text-delta' ? item.content : '')).join('')
}
