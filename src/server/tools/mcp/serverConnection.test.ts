import type { McpServer } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { createFakeClock } from '../../../../test/harness/fakeClock.ts'
import { freePort } from '../../../../test/harness/freePort.ts'
import { silentLogger } from '../../../../test/harness/log.ts'
import { startOwnServer } from '../../../../test/harness/toolServers.ts'
import { defineToolServers } from '../../config/toolServers.ts'
import { createToolbox } from '../toolbox.ts'
import { ServerConnection } from './serverConnection.ts'

const answer = { content: [{ type: 'text' as const, text: 'ok' }] }

function connect(url: string) {
  const clock = createFakeClock()
  const [server] = defineToolServers({ own: { url } })
  if (!server) throw new Error('no server')
  const connection = new ServerConnection({ server, network: undefined, clock, logger: silentLogger })
  return { clock, connection, [Symbol.asyncDispose]: () => connection.close() }
}

/** A server with one tool, whose description the test changes. */
async function changing() {
  const tool = { description: 'one' }
  const own = await startOwnServer(server => {
    server.registerTool('read', tool, () => answer)
  })
  const lists = () => own.asked.filter(headers => headers.get('mcp-method') === 'tools/list').length
  return { own, tool, lists, [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() }
}

test('nothing is connected before somebody needs it, and the list is read again when it is old', async () => {
  await using server = await changing()
  await using opened = connect(server.own.url)
  const { connection, clock } = opened
  expect([connection.state.state, server.own.asked]).toEqual(['idle', []])
  const [before] = await connection.tools()
  server.tool.description = 'two'
  expect(await connection.tools()).toEqual([before])
  expect(server.lists()).toBe(1)
  await clock.advance(10_000)
  const [after] = await connection.tools()
  expect([after?.description, after?.digest === before?.digest]).toEqual(['two', false])
  expect(connection.state).toEqual({
    name: 'own',
    state: 'ready',
    since: clock.now() - 10_000,
    tools: 1,
    changed: ['read'],
  })
})

test('the list is read again at once if somebody wants it fresh, or the server says that it has changed', async () => {
  await using server = await changing()
  await using opened = connect(server.own.url)
  const { connection } = opened
  await connection.tools()
  server.tool.description = 'two'
  expect(await connection.tools({ isFresh: true })).toMatchObject([{ description: 'two' }])
  server.tool.description = 'three'
  server.own.handler.notify.toolsChanged()
  await expect.poll(() => connection.tools()).toMatchObject([{ description: 'three' }])
})

test('a server that cannot be reached is left alone for longer and longer, and then used again', async () => {
  const port = await freePort()
  await using opened = connect(`http://127.0.0.1:${port}/mcp`)
  const { connection, clock } = opened
  expect(await connection.tools()).toEqual([])
  expect(connection.state).toMatchObject({ state: 'unreachable', reason: 'the connection is refused' })
  await clock.advance(1000)
  expect(await connection.tools()).toEqual([])
  await using own = await startOwnServer(server => void server.registerTool('read', {}, () => answer), {
    port,
  })
  await clock.advance(1999)
  expect(await connection.tools()).toEqual([])
  expect(own.asked).toEqual([])
  await clock.advance(1)
  expect(await connection.tools()).toHaveLength(1)
  expect(connection.state.state).toBe('ready')
})

test('a tool keeps its name, whatever a function of the host is called', async () => {
  const register = (server: McpServer) => {
    for (const name of ['read', 'write.all']) server.registerTool(name, {}, () => answer)
  }
  await using own = await startOwnServer(register)
  const clock = createFakeClock()
  const host = {
    description: 'x',
    parameters: {},
    digest: 'x',
    asks: false,
    run: async () => ({ content: '' }),
  }
  const toolbox = createToolbox({
    tools: [{ ...host, name: 'own__read' }],
    servers: defineToolServers({ own: { url: own.url } }),
    assistants: [{ id: 'riacho' }],
    clock,
    logger: silentLogger,
    credentialsFor: () => undefined,
  })
  const names = [...(await toolbox.toolsOf({ assistant: 'riacho', ownerId: 'o' })).keys()]
  expect(names).toEqual([
    'own__read',
    expect.stringMatching(/^own__read_[\da-f]{6}$/),
    expect.stringMatching(/^own__write_all_[\da-f]{6}$/),
  ])
  await toolbox.close()
})

test('a reply waits 15 s for a server that says nothing', async () => {
  let left = () => {}
  const silent = new Promise<void>(resolve => {
    left = resolve
  })
  await using own = await startOwnServer(() => {})
  own.handler.fetch = async () => {
    await silent
    return new Response(null, { status: 503 })
  }
  const clock = createFakeClock()
  const toolbox = createToolbox({
    tools: [],
    servers: defineToolServers({ own: { url: own.url } }),
    assistants: [],
    clock,
    logger: silentLogger,
    credentialsFor: () => undefined,
  })
  const asked = Promise.resolve(toolbox.toolsOf({ assistant: 'riacho', ownerId: 'o' }))
  await expect.poll(() => own.asked.length).toBe(1)
  await clock.advance(14_999)
  expect(await Promise.race([asked, Promise.resolve('waits')])).toBe('waits')
  await clock.advance(1)
  expect(await asked).toEqual(new Map())
  left()
  await toolbox.close()
})
