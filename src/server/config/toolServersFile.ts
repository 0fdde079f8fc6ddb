import { readFile } from 'node:fs/promises'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Assistant } from './assistant.ts'
import { ConfigProblem } from './configProblem.ts'
import { readServers, type ServerProblem, type ToolServer, type Variables } from './toolServers.ts'

/** Where servers are named if `TOOLS_FILE` is not set. */
const DEFAULT_FILE = './tools.yaml'

/**
 * Reads the servers that the operator has named. Without `file` there may be none. Throws one `ConfigProblem` with every
 * fault of the file. It never shows a value. With `assistants`, servers may name these alone.
 */
export async function loadToolServers(
  file: string | undefined,
  variables: Variables,
  assistants?: readonly Pick<Assistant, 'id'>[],
): Promise<readonly ToolServer[]> {
  const path = file ?? DEFAULT_FILE
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (file === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw problem([`${path}: this file cannot be read; expected the value of TOOLS_FILE`])
  }
  const { servers, problems } = parse(text, { variables, assistants: assistants?.map(({ id }) => id) })
  if (problems.length > 0) throw problem(problems.map(each => `${path}:${each}`))
  return servers
}

function problem(problems: string[]): ConfigProblem {
  return new ConfigProblem('These tool servers are wrong:', problems)
}

/** Each problem starts with its line. */
function parse(
  text: string,
  known: { variables: Variables; assistants: readonly string[] | undefined },
): { servers: ToolServer[]; problems: string[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number) => lines.linePos(offset).line
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => `${lineAt(error.pos[0])}: ${error.message}`)
    return { servers: [], problems }
  }
  /** Of the innermost node of the path that is there: of its name, because a value may begin a line later. */
  const lineOf = (path: readonly PropertyKey[]): number => {
    const around = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
    const named = isMap(around)
      ? around.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
      : null
    const node = named?.key ?? (path.length === 0 ? document.contents : document.getIn(path, true))
    if (isNode(node) && node.range) return lineAt(node.range[0])
    return path.length === 0 ? 1 : lineOf(path.slice(0, -1))
  }
  const content: unknown = document.toJS() ?? {}
  const { servers: given, ...others } = Object(content) as Record<string, unknown>
  const found: ServerProblem[] = []
  const servers = given === undefined ? [] : readServers(given, { ...known, problems: found })
  const problems = found.map(({ path, message }) => ({ path: ['servers', ...path], message }))
  if (given === undefined)
    problems.push({ path: [], message: 'expected servers: and below it each by its name' })
  for (const name of Object.keys(others)) problems.push({ path: [name], message: 'expected only servers' })
  const placed = problems.map(({ path, message }) => {
    const place = path.length === 0 ? '' : `${path.map(String).join('.')}: `
    return { line: lineOf(path), text: `${place}${message}` }
  })
  return {
    servers,
    problems: placed.toSorted((a, b) => a.line - b.line).map(({ line, text }) => `${line}: ${text}`),
  }
}
