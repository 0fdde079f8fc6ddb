import { expect, test } from 'vitest'
import { createFakeClock } from '../../../../test/harness/fakeClock.ts'
import { silentLogger } from '../../../../test/harness/log.ts'
import { startOwnServer } from '../../../../test/harness/toolServers.ts'
import { defineToolServers } from '../../config/toolServers.ts'
import type { ToolContext } from '../../generation/tools.ts'
import { PersonalConnections } from './personalConnections.ts'
import { ServerConnection } from './serverConnection.ts'

const MINUTE = 60_000

/** A server whose tool answers when the test says so. */
async function openPersonal() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const own = await startOwnServer(server =>
    server.registerTool('wait', {}, async () => {
      begin()
      await released
      return { content: [{ type: 'text', text: 'ok' }] }
    }),
  )
  const clock = createFakeClock()
  const [server] = defineToolServers({ own: { url: own.url, timeout: 120 } })
  if (!server) throw new Error('no server')
  const personal = new PersonalConnections(server, {
    clock,
    open: () => new ServerConnection({ server, network: undefined, clock, logger: silentLogger }),
  })
  return {
    clock,
    personal,
    begun,
    release,
    async [Symbol.asyncDispose]() {
      release()
      await personal.close()
      await own[Symbol.asyncDispose]()
    },
  }
}

const context: ToolContext = {
  ownerId: 'ana',
  conversationId: 'c1',
  callId: 'call',
  signal: new AbortController().signal,
  onProgress: () => {},
  ask: () => Promise.reject(new Error('nobody is asked')),
}

test('a connection that nobody uses for 15 minutes is closed', async () => {
  await using opened = await openPersonal()
  const { clock, personal } = opened
  const first = personal.of('ana')
  expect(await first.tools()).toHaveLength(1)
  await clock.advance(15 * MINUTE)
  personal.of('bruno')
  expect(personal.of('ana')).toBe(first)
  await clock.advance(15 * MINUTE + 1)
  personal.of('bruno')
  expect(personal.of('ana')).not.toBe(first)
})

test('a call ends over its connection, however long ago its reply asked for the tools', async () => {
  await using opened = await openPersonal()
  const { clock, personal, begun, release } = opened
  const [tool] = await personal.of('ana').tools()
  await clock.advance(14 * MINUTE)
  const answer = tool?.run({}, context)
  await begun
  await clock.advance(1.5 * MINUTE)
  personal.of('bruno')
  release()
  expect(await answer).toEqual({ content: 'ok' })
})

test('a call over a connection that is closed says that nothing was called', async () => {
  await using opened = await openPersonal()
  const [tool] = await opened.personal.of('ana').tools()
  await opened.personal.close()
  await expect(tool?.run({}, context)).rejects.toThrow('The tool was not called')
})
