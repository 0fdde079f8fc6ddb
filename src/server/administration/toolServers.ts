import type { AdminToolServersResponse } from '../../protocol/admin/adminResponses.ts'
import type { ToolServer } from '../config/toolServers.ts'
import type { ToolServerState } from '../tools/mcp/serverConnection.ts'

export interface ToolServersOptions {
  toolServers: readonly ToolServer[]
  toolServerStates: () => readonly ToolServerState[]
}

/** Says how the servers of tools are that the operator has named. It says nothing of addresses, which may hold secrets. */
export function createToolServers({ toolServers, toolServerStates }: ToolServersOptions) {
  return function list(): AdminToolServersResponse {
    const states = toolServerStates()
    const servers = toolServers.map(({ name, address, signIn }) => {
      const {
        state = 'idle',
        reason = null,
        since = null,
        tools = 0,
        changed = [],
      } = states.find(each => each.name === name) ?? {}
      return {
        name,
        transport: 'url' in address ? ('http' as const) : ('program' as const),
        isPersonal: signIn !== undefined,
        state,
        since,
        reason,
        tools,
        changed: [...changed],
      }
    })
    return { servers }
  }
}
