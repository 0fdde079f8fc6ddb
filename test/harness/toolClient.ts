// Calls each tool of the server whose address is its argument, as a reply does. The public conformance suite of MCP starts it.
import { systemClock } from '../../src/server/clock.ts'
import { defineToolServers } from '../../src/server/config/toolServers.ts'
import { ServerConnection } from '../../src/server/tools/mcp/serverConnection.ts'
import { silentLogger } from './log.ts'

const [url = ''] = process.argv.slice(2)
const [server] = defineToolServers({ tested: { url } })
if (!server) throw new Error('no server')
const connection = new ServerConnection({
  server,
  network: undefined,
  clock: systemClock,
  logger: silentLogger,
})
const tools = await connection.tools()
if (connection.state.state !== 'ready') throw new Error(connection.state.reason)
for (const tool of tools) {
  const { properties = {} } = tool.parameters as { properties?: object }
  const args = Object.fromEntries(Object.keys(properties).map(name => [name, 2]))
  const { signal } = new AbortController()
  await tool.run(args, {
    ownerId: 'o',
    conversationId: 'c',
    callId: 'call',
    signal,
    onProgress() {},
    ask: async () => ({ action: 'cancel' }),
  })
}
await connection.close()
