import { pino } from 'pino'
import { systemClock } from '../server/clock.ts'
import { loadAssistants } from '../server/config/assistant.ts'
import { ConfigProblem } from '../server/config/configProblem.ts'
import type { Env } from '../server/config/env.ts'
import type { ToolServer, Variables } from '../server/config/toolServers.ts'
import { loadToolServers } from '../server/config/toolServersFile.ts'
import { ServerConnection } from '../server/tools/mcp/serverConnection.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const CHECK = 'tools'

/** Checks the file of MCP servers, and asks each server for its tools. It calls none of them. */
export async function checkToolServers(
  { toolsFile, assistantsDir, network }: Pick<Env, 'toolsFile' | 'assistantsDir' | 'network'>,
  variables: Variables,
): Promise<Finding[]> {
  try {
    // Their models are not looked at here.
    const assistants = await loadAssistants(assistantsDir, { defaultModel: '' })
    const servers = await loadToolServers(toolsFile, variables, assistants)
    return await Promise.all(servers.map(server => checkServer(server, network)))
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error
    return [fail(CHECK, 'the server does not start with these files', ...error.problems)]
  }
}

async function checkServer(server: ToolServer, network: Env['network']): Promise<Finding> {
  const logger = pino({ level: 'silent' })
  const connection = new ServerConnection({ server, network, clock: systemClock, logger })
  try {
    const tools = await connection.tools()
    const { reason } = connection.state
    if (reason !== undefined) return fail(CHECK, `${server.name}: ${reason}`, remedyOf(server))
    const { unknown } = connection
    if (unknown.length > 0) {
      const remedy = 'correct tools, without and approve; a tool that is misspelt in approve does not ask'
      return warn(CHECK, `${server.name}: it has no ${unknown.join(', ')}`, remedy)
    }
    const asking = tools.filter(({ asks }) => asks).length
    return ok(CHECK, `${server.name}: ${tools.length} tools, of which ${asking} ask a person`)
  } finally {
    await connection.close()
  }
}

function remedyOf({ address }: ToolServer): string {
  return 'url' in address
    ? 'start the server, or correct url and headers'
    : 'correct command, args and env; the program has to speak MCP over its standard output'
}
