import type { AdminToolServersResponse } from '../../protocol/admin/adminResponses.ts'
import type { ToolServer } from '../config/toolServers.ts'

/** How a server of tools is, as the toolbox says it. */
export interface ToolServerFacts {
  name: string
  state: 'idle' | 'ready' | 'unreachable' | 'signed-out'
  reason?: string
  since?: number
  tools: number
  changed: readonly string[]
}

export interface ToolServersOptions {
  toolServers: readonly ToolServer[]
  toolServerStates: () => readonly ToolServerFacts[]
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
