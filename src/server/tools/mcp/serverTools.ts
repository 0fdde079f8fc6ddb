import { createHash } from 'node:crypto'
import type { Tool as ListedTool } from '@modelcontextprotocol/client'
import type { ToolServer } from '../../config/toolServers.ts'
import type { Tool, ToolAnswer, ToolContext } from '../../generation/tools.ts'
import { toolName } from './toolNames.ts'

/** A definition that is longer than this as JSON is left out, because every request carries it. */
const LONGEST_DEFINITION = 20_000

/** A tool of a server, and its name there. */
export interface ServerTool extends Tool {
  readonly server: string
  readonly nameThere: string
  /** It only asks the person to sign in, and is no tool of the server. */
  readonly isSignIn?: boolean
}

type CallThere = (
  name: string,
  args: Readonly<Record<string, unknown>>,
  context: ToolContext,
) => Promise<ToolAnswer>

/**
 * What the operator lets models call of what a server lists, by name, because the order of a server may change. What the
 * server says is untrusted. `unknown`: names of the operator's lists that the server does not have. A tool that should ask and
 * is misspelt there does not ask.
 */
export function serverTools(
  server: ToolServer,
  { listed, hide, call }: { listed: readonly ListedTool[]; hide: (text: string) => string; call: CallThere },
): { tools: ServerTool[]; tooLong: string[]; unknown: string[] } {
  const allowed = listed.filter(
    ({ name }) => (server.tools?.includes(name) ?? true) && !server.without.includes(name),
  )
  const byName = new Map(allowed.map(tool => [tool.name, tool]))
  const tooLong: string[] = []
  const tools = [...byName.values()].flatMap(tool => {
    if (JSON.stringify([tool.description, tool.inputSchema]).length <= LONGEST_DEFINITION)
      return [toolOf(server, { tool, hide, call })]
    tooLong.push(tool.name)
    return []
  })
  const lists = [server.tools, server.without, server.approve].filter(each => typeof each === 'object')
  const known = new Set(listed.map(({ name }) => name))
  const unknown = [...new Set(lists.flat())].filter(name => !known.has(name))
  return { tools: tools.sort((a, b) => (a.nameThere < b.nameThere ? -1 : 1)), tooLong, unknown }
}

function toolOf(
  server: ToolServer,
  { tool, hide, call }: { tool: ListedTool; hide: (text: string) => string; call: CallThere },
): ServerTool {
  const { $schema: _, ...parameters } = tool.inputSchema
  const title = tool.title ?? tool.annotations?.title
  return {
    name: toolName(server.name, tool.name),
    nameThere: tool.name,
    server: server.name,
    description: hide(tool.description ?? ''),
    parameters: JSON.parse(hide(JSON.stringify(parameters))),
    digest: digestOf(server.name, tool),
    asks: asks(server, tool),
    isRepeatable: server.repeatable === true || (server.repeatable?.includes(tool.name) ?? false),
    ...(title !== undefined && { title: hide(title) }),
    run: (args, context) => call(tool.name, args, context),
  }
}

/** Whoever approves a tool approves all that this covers. */
function digestOf(
  server: string,
  { name, title, annotations, description, inputSchema }: ListedTool,
): string {
  const read = [server, name, title ?? annotations?.title ?? null, description ?? null, sorted(inputSchema)]
  return createHash('sha256').update(JSON.stringify(read)).digest('base64url')
}

/** The same value with its keys in order, because the order means nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}

/** A server may say of itself what it likes. So its hints count only if the operator trusts it. */
function asks({ approve, isTrusted }: ToolServer, { name, annotations }: ListedTool): boolean {
  if (approve === 'always') return true
  if (approve === 'never') return false
  if (approve) return approve.includes(name)
  return !(isTrusted && annotations?.readOnlyHint === true)
}
