import type { Assistant } from '../config/assistant.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import type { ToolServer } from '../config/toolServers.ts'
import type { AssistantTool } from './hostTools.ts'

/** What assistants may name. */
export interface KnownTools {
  tools?: readonly AssistantTool[]
  toolServers?: readonly ToolServer[]
}

/** Throws `ConfigProblem` if a server names an assistant that is not there. */
export function requireKnownAssistants(
  servers: readonly Pick<ToolServer, 'name' | 'assistants'>[],
  assistants: readonly Pick<Assistant, 'id'>[],
): void {
  const known = assistants.map(({ id }) => id)
  const problems = servers.flatMap(({ name, assistants: named = [] }) =>
    named
      .filter(id => !known.includes(id))
      .map(id => `${name}: assistants: ${id} is unknown; expected one of ${known.join(', ')}`),
  )
  if (problems.length > 0) throw new ConfigProblem('These tool servers are wrong:', problems)
}

/** Throws `ConfigProblem` if an assistant names a tool that is not there. What a server has is not known yet. */
export function requireKnownTools(
  assistants: readonly Pick<Assistant, 'id' | 'tools'>[],
  { tools = [], toolServers = [] }: KnownTools,
): void {
  const known = [...tools, ...toolServers].map(({ name }) => name)
  const isKnown = (entry: string) => known.includes(entry.split('/', 1)[0] ?? '')
  const expected = known.length === 0 ? 'there are none' : `expected one of ${known.join(', ')}`
  const problems = assistants.flatMap(({ id, tools: named = [] }) =>
    named.filter(entry => !isKnown(entry)).map(entry => `${id}: tools: ${entry} is unknown; ${expected}`),
  )
  if (problems.length > 0) throw new ConfigProblem('These assistants are wrong:', problems)
}
