import type { Logger } from 'pino'
import type { DocumentFile } from '../../protocol/parts.ts'
import { type Clock, within } from '../clock.ts'
import type { NetworkSettings } from '../config/network.ts'
import type { ToolServer } from '../config/toolServers.ts'
import type { Tool, ToolSet, ToolsWanted, ToolUser } from '../generation/tools.ts'
import type { AssistantTool } from './hostTools.ts'
import { PersonalConnections } from './mcp/personalConnections.ts'
import { ServerConnection, type ToolServerState } from './mcp/serverConnection.ts'
import type { ServerTool } from './mcp/serverTools.ts'
import { changedName } from './mcp/toolNames.ts'
import type { Credentials } from './signIn/credentials.ts'

/** The most tools of one assistant, because each costs the model a part of what it can read. */
const MOST_TOOLS = 40
/**
 * How long a reply waits for a server to say what it has, in milliseconds: usually, because a program has to start, and if it
 * could not be reached the last time. A server that takes longer is left out of the reply.
 */
const LONGEST_WAIT = 15_000
const SHORT_WAIT = 2000

/** The part of an assistant that says what it may call. */
interface CallingAssistant {
  readonly id: string
  readonly tools?: readonly string[] | undefined
}

export interface ToolboxOptions {
  /** Functions of the host. */
  tools: readonly AssistantTool[]
  servers: readonly ToolServer[]
  /** Tools of Riacho's own, by which a model searches documents. */
  documentTools?: ((documents: readonly DocumentFile[]) => readonly Tool[]) | undefined
  /** The list that everybody reads. Its content may change. */
  assistants: readonly CallingAssistant[]
  network?: NetworkSettings | undefined
  /** Of an owner at a server where people sign in. */
  credentialsFor: (server: string, ownerId: string) => Credentials | undefined
  clock: Clock
  logger: Logger
}

/** All that models may call. */
export interface Toolbox {
  /**
   * What the model of an assistant may call now for an owner. The order stays, because providers keep the beginning of a
   * request. `isFresh`: servers are asked for what they have, whenever that was done before. With `documents` every assistant
   * can search them. Never rejects.
   */
  toolsOf(user: ToolUser, options?: ToolsWanted): ToolSet | Promise<ToolSet>
  /** Of each server; where people sign in, of the one that was used last. */
  states(): ToolServerState[]
  close(): Promise<void>
}

/** Nothing is connected before an assistant needs it. */
export function createToolbox(options: ToolboxOptions): Toolbox {
  const { tools, servers, assistants, documentTools, network, credentialsFor, clock, logger } = options
  const connections = servers.map(server => {
    if (!server.signIn) return new ServerConnection({ server, network, clock, logger })
    return new PersonalConnections(server, {
      clock,
      open: ownerId =>
        new ServerConnection({
          server,
          network,
          clock,
          logger,
          credentials: credentialsFor(server.name, ownerId),
        }),
    })
  })
  const toldOf = new Set<string>()

  interface Gathered {
    listed: readonly ServerTool[]
    documents: readonly DocumentFile[]
  }

  function gather(user: CallingAssistant, { listed, documents }: Gathered): ToolSet {
    const set = new Map<string, Tool>()
    if (documents.length > 0) for (const tool of documentTools?.(documents) ?? []) set.set(tool.name, tool)
    const own = tools.filter(tool => mayCall(user, tool) && names(user, tool.name))
    for (const tool of own) set.set(tool.name, tool)
    for (const tool of listed) {
      const name = set.has(tool.name) ? changedName(tool.server, tool.nameThere) : tool.name
      if (tool.isSignIn || names(user, tool.server, tool.nameThere)) set.set(name, { ...tool, name })
    }
    if (set.size <= MOST_TOOLS) return set
    if (!toldOf.has(user.id)) {
      toldOf.add(user.id)
      const left = [...set.keys()].slice(MOST_TOOLS)
      logger.warn(
        { assistant: user.id, left },
        `an assistant has more than ${MOST_TOOLS} tools, and the last ones are left out`,
      )
    }
    return new Map([...set].slice(0, MOST_TOOLS))
  }

  return {
    toolsOf({ assistant, ownerId }, { isFresh = false, documents = [] } = {}) {
      const user = assistants.find(({ id }) => id === assistant) ?? { id: assistant }
      const asked = connections
        .filter(
          ({ server }) =>
            mayCall(user, server) && (user.tools?.some(entry => serverIn(entry) === server.name) ?? true),
        )
        .map(each => (each instanceof PersonalConnections ? each.of(ownerId) : each))
      if (asked.length === 0) return gather(user, { listed: [], documents })
      const lists: ServerTool[][] = asked.map(() => [])
      const waits = asked.map((connection, index) => {
        const ms = connection.state.state === 'unreachable' ? SHORT_WAIT : LONGEST_WAIT
        const reading = connection.tools({ isFresh }).then(tools => {
          lists[index] = [...tools]
        })
        return within(ms, clock, reading)
      })
      return Promise.all(waits).then(() => gather(user, { listed: lists.flat(), documents }))
    },
    states: () => connections.map(({ state }) => state),
    async close() {
      await Promise.all(connections.map(connection => connection.close()))
    },
  }
}

function mayCall(
  { id }: CallingAssistant,
  { assistants }: { assistants?: readonly string[] | undefined },
): boolean {
  return assistants?.includes(id) ?? true
}

/** The server in `search` and in `search/query`. */
function serverIn(entry: string): string {
  return entry.split('/', 1)[0] ?? ''
}

/** Whether an assistant names a function of the host, or a tool of a server. One that names nothing names everything. */
function names({ tools }: CallingAssistant, name: string, tool?: string): boolean {
  return tools?.some(entry => entry === name || (tool !== undefined && entry === `${name}/${tool}`)) ?? true
}
