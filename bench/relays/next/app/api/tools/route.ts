import { createMCPClient } from '@ai-sdk/mcp'
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio'
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  isStepCount,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from 'ai'
import { model } from '../../../model'

/** One connection to the tool server for all requests, and one list of its tools. */
let opened: ReturnType<typeof open> | undefined

async function open() {
  const [command = '', ...args] = JSON.parse(process.env['TOOL_SERVER'] ?? '[]') as string[]
  const client = await createMCPClient({ transport: new StdioMCPTransport({ command, args }) })
  return client.tools()
}

/** The AI SDK with the tools of an MCP server, used as its documentation shows. */
export async function POST(request: Request) {
  const { messages } = (await request.json()) as { messages: UIMessage[] }
  opened ??= open()
  const result = streamText({
    model,
    messages: await convertToModelMessages(messages),
    tools: await opened,
    stopWhen: isStepCount(5),
    abortSignal: request.signal,
  })
  return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream: result.stream }) })
}
