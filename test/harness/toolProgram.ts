// An MCP server that speaks over standard input and output. Tests start it through Riacho.
import { appendFileSync } from 'node:fs'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

const { JOURNAL = '' } = process.env

function note(line: string): void {
  if (JOURNAL) appendFileSync(JOURNAL, `${line}\n`)
}

serveStdio(() => {
  const server = new McpServer({ name: 'program', version: '1.0.0' })
  server.registerTool('variables', { description: 'Lists the environment.' }, () => ({
    content: [{ type: 'text', text: JSON.stringify(process.env) }],
  }))
  server.registerTool('wait', { description: 'Waits until somebody cancels it.' }, async ({ mcpReq }) => {
    note('begun')
    await new Promise<void>(resolve => mcpReq.signal.addEventListener('abort', () => resolve()))
    note('cancelled')
    return { content: [] }
  })
  server.registerTool('die', { description: 'Ends the program.', inputSchema: z.object({}) }, () => {
    note('died')
    process.exit(1)
  })
  return server
})
