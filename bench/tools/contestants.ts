import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLIENT_CORE, commandOf } from '../harness/machine.ts'
import { BENCH, NODE } from '../harness/processes.ts'
import { aiSdkOnNext, startNext } from '../peers/next.ts'
import type { Peer, Relay } from '../peers/peer.ts'
import { riacho, startRiacho } from '../peers/riacho.ts'

const TOOL_SERVER = join(BENCH, 'tools', 'toolServer.ts')
/** The relay starts the tool server itself. `taskset` then takes it off the core of the relay. */
const COMMAND = ['taskset', '-c', String(CLIENT_CORE), NODE, TOOL_SERVER] as const

const riachoWithTools: Peer = {
  ...riacho,
  start: options => {
    const [command, ...args] = COMMAND
    const file = join(options.folder, 'tools.yaml')
    const servers = { bench: { command, args, approve: 'never' } }
    // YAML includes JSON.
    writeFileSync(file, JSON.stringify({ servers }))
    return startRiacho({ ...options, settings: { TOOLS_FILE: file } })
  },
}

const aiSdkWithTools: Peer = {
  ...aiSdkOnNext,
  start: options => startNext(options, { TOOL_SERVER: JSON.stringify(COMMAND) }),
  send: (...request) => ({ ...aiSdkOnNext.send(...request), path: '/api/tools' }),
}

/** The relays that call tools, with the same MCP server. */
export const CONTESTANTS: readonly Peer[] = [aiSdkWithTools, riachoWithTools].map(peer => ({
  ...peer,
  start: async options => withoutToolServer(await peer.start(options)),
}))

/** The tool server does not count as a process of its relay. */
function withoutToolServer(relay: Relay): Relay {
  return { ...relay, pids: () => relay.pids().filter(pid => !commandOf(pid).includes(TOOL_SERVER)) }
}
