import { once } from 'node:events'
import { get } from 'node:http'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createCallers } from '../../access/caller.ts'
import { systemClock } from '../../clock.ts'
import type { ResponseStream } from '../answer.ts'
import { defineRoute, type Route } from '../defineRoute.ts'
import { createHeartbeats } from '../heartbeats.ts'
import { addRoutes } from './server.ts'

/** A server of these routes alone, listening. */
async function serve(routes: Route[], options: { mostWaiting?: number } = {}) {
  const server = fastify({ forceCloseConnections: true })
  const [callers, heartbeats] = [createCallers([]), createHeartbeats(systemClock)]
  const sessions = { hold: () => () => {} }
  const api = { callers, heartbeats, sessions, keys: sessions, clock: systemClock, rateLimitPerMinute: 0 }
  addRoutes(server, routes, api, options)
  return {
    url: await server.listen({ host: '127.0.0.1', port: 0 }),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

const failing = (path: string, before: string) =>
  defineRoute({
    method: 'GET',
    path,
    access: 'anybody',
    handle: () => ({
      type: 'stream',
      async follow(stream) {
        if (before) stream.write(before)
        throw new Error('broken')
      },
    }),
  })

test('a stream that fails before its first byte is an error, and a later failure cuts it', async () => {
  await using server = await serve([failing('/early', ''), failing('/late', 'data: 1\n\n')])
  expect((await fetch(`${server.url}/early`)).status).toBe(500)
  const late = await fetch(`${server.url}/late`)
  expect(late.status).toBe(200)
  await expect(late.text()).rejects.toThrow()
})

test('content goes out piece by piece, as it is made', async () => {
  async function* pieces() {
    yield 'um '
    yield new TextEncoder().encode('dois')
  }
  const whole = defineRoute({
    method: 'GET',
    path: '/',
    access: 'anybody',
    handle: () => ({ type: 'content', mediaType: 'text/plain', content: pieces() }),
  })
  await using server = await serve([whole])
  expect(await (await fetch(server.url)).text()).toBe('um dois')
})

test('the signal of a call aborts when the client leaves, and not when its body is read', async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<AbortSignal>()
  const waiting = defineRoute({
    method: 'GET',
    path: '/waiting',
    access: 'anybody',
    async handle({ signal }) {
      ask(signal)
      await once(signal, 'abort')
      return { type: 'empty' }
    },
  })
  const reading = defineRoute({
    method: 'POST',
    path: '/reading',
    body: z.object({ text: z.string() }),
    access: 'anybody',
    async handle({ signal, body }) {
      await new Promise(setImmediate)
      return { type: 'json', body: { text: body.text, isAborted: signal.aborted } }
    },
  })
  await using server = await serve([waiting, reading])
  const request = get(`${server.url}/waiting`).on('error', () => undefined)
  const signal = await asked
  expect(signal.aborted).toBe(false)
  request.destroy()
  await once(signal, 'abort')
  const headers = { 'content-type': 'application/json' }
  const read = await fetch(`${server.url}/reading`, { method: 'POST', headers, body: '{"text":"oi"}' })
  expect(await read.json()).toEqual({ text: 'oi', isAborted: false })
})

test('when too much waits for all clients together, the one furthest behind is cut', async () => {
  const streams = new Map<string, ResponseStream>()
  const holding = (path: string) =>
    defineRoute({
      method: 'GET',
      path,
      access: 'anybody',
      handle: () => ({
        type: 'stream',
        async follow(stream) {
          stream.hold(undefined)
          streams.set(path, stream)
        },
      }),
    })
  await using server = await serve([holding('/near'), holding('/far')], { mostWaiting: 1_000_000 })
  const near = await fetch(`${server.url}/near`)
  const far = await fetch(`${server.url}/far`)
  streams.get('/near')?.write(`data: ${'n'.repeat(400_000)}\n\n`)
  expect(streams.get('/far')?.isClosed).toBe(false)
  streams.get('/far')?.write(`data: ${'f'.repeat(900_000)}\n\n`)
  await expect(far.text()).rejects.toThrow()
  streams.get('/near')?.finish()
  expect((await near.text()).length).toBe(400_008)
})
