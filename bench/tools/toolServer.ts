import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

/** An MCP server with two tools that do nearly nothing, so that a measured call is the work of the relay. */
const ANSWERS = { weather: '28 °C, chuva fina', clock: '10:42' }

serveStdio(() => {
  const server = new McpServer({ name: 'bench', version: '1.0.0' })
  for (const [name, text] of Object.entries(ANSWERS)) {
    const description = `Tells the ${name} of a place.`
    server.registerTool(name, { description, inputSchema: z.object({ place: z.string() }) }, () => ({
      content: [{ type: 'text', text }],
    }))
  }
  return server
})
