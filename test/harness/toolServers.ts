import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import {
  createMcpHandler,
  type McpHttpHandler,
  McpServer,
  type McpServerFactory,
} from '@modelcontextprotocol/server'
import { serveHandler } from './fetchServer.ts'
import { freePort } from './freePort.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')
const PROGRAM = join(import.meta.dirname, 'toolProgram.ts')

/** The reference server, as a program that Riacho starts. */
export const everythingProgram = { command: process.execPath, args: [EVERYTHING, 'stdio'] }

/** A small server of ours, as a program that Riacho starts. `toolProgram.ts` says what it can. */
export const ownProgram = { command: process.execPath, args: [PROGRAM] }

export interface EverythingServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly child: ChildProcess
}

/** Starts the reference server, which answers by Streamable HTTP in the way of 2025, with sessions. */
export async function startEverything({ port: wanted }: { port?: number } = {}): Promise<EverythingServer> {
  const port = wanted ?? (await freePort())
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
      if (said.includes('listening on port')) resolve()
    })
    void exited.then(() => reject(new Error(`the server did not start: ${said}`)))
  })
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

export interface OwnServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** The headers of every request. */
  readonly asked: Headers[]
  readonly handler: McpHttpHandler
}

/** Starts a server that speaks the revision of 2026. `tools` gives a new server its tools, once for each request. */
export async function startOwnServer(
  tools: (server: McpServer, request: Parameters<McpServerFactory>[0]) => void,
  { port }: { port?: number } = {},
): Promise<OwnServer> {
  const asked: Headers[] = []
  const handler = createMcpHandler(context => {
    const server = new McpServer(
      { name: 'own', version: '1.0.0' },
      { capabilities: { tools: { listChanged: true } } },
    )
    tools(server, context)
    return server
  })
  const served = await serveHandler(
    request => {
      asked.push(request.headers)
      return handler.fetch(request)
    },
    { ...(port !== undefined && { port }) },
  )
  return {
    url: `${served.url}/mcp`,
    port: Number(new URL(served.url).port),
    asked,
    handler,
    async [Symbol.asyncDispose]() {
      await handler.close()
      await served[Symbol.asyncDispose]()
    },
  }
}
