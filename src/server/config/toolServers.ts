import { z } from 'zod'
import { ConfigProblem } from './configProblem.ts'

/** How a server is reached. No command is ever run by a shell. */
export type ToolServerAddress =
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly command: string
      readonly args: readonly string[]
      readonly env: Readonly<Record<string, string>>
    }

/** How people sign in at a server (OAuth). */
export interface ToolSignIn {
  /** How the server's issuer knows Riacho. If absent, Riacho registers itself. */
  readonly client?: { readonly id: string; readonly secret?: string }
  /** What to ask for. If absent, what the server says. */
  readonly scope?: string
  /** The URL of the issuer, which may be private. If absent, the one that the server says. */
  readonly issuer?: string
}

/** An MCP server that the operator has named. */
export interface ToolServer {
  readonly name: string
  readonly address: ToolServerAddress
  /** Which tools ask a person, by the names that the server gives them. If absent, the hints of a trusted server decide. */
  readonly approve?: 'always' | 'never' | readonly string[]
  /** Which assistants may use it. If absent, all. */
  readonly assistants?: readonly string[]
  /** Whether what the server says of its own tools counts. */
  readonly isTrusted: boolean
  /** If absent, all tools of the server. */
  readonly tools?: readonly string[]
  readonly without: readonly string[]
  /** Which tools may be called again if the process dies during a call: all, or those that the server gives these names. */
  readonly repeatable?: true | readonly string[]
  /** How long a call may last without progress, in milliseconds. */
  readonly timeout: number
  /** If present, each person signs in there, and is served with the rights of that person. */
  readonly signIn?: ToolSignIn
  /** Texts that no log, no error and no answer may show. */
  readonly secrets: readonly string[]
}

/** A server as a host names it in code. The fields are those of the file. */
export interface ToolServerDefinition {
  /** Where it answers by Streamable HTTP. */
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** In place of `url`: a program that speaks over its standard input and output. It is run without a shell. */
  readonly command?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Which tools ask a person. Default: all, but of a trusted server not those that only read. */
  readonly approve?: 'always' | 'never' | readonly string[]
  /** Which assistants may use it, by their ids. Default: all. */
  readonly assistants?: readonly string[]
  /** Whether the server's own hints about its tools count. Default: no. */
  readonly trusted?: boolean
  /** Which of its tools may be called. Default: all. */
  readonly tools?: readonly string[]
  /** Which of its tools may not be called. */
  readonly without?: readonly string[]
  /** Which of its tools may be called again if the process dies during a call. Default: none, whatever the server says of them. */
  readonly repeatable?: boolean | readonly string[]
  /** How long a call may last without progress, in seconds: 1 to 120. Default: 60. */
  readonly timeout?: number
  /**
   * Whether each person signs in there (OAuth). `client`: the id by which its issuer knows this installation. `issuer`: its URL, which
   * may be private.
   */
  readonly signin?:
    | boolean
    | {
        readonly client?: string
        readonly secret?: string
        readonly scope?: string
        readonly issuer?: string
      }
}

export type ToolServerDefinitions = Readonly<Record<string, ToolServerDefinition>>

/** Something that is wrong, and where. */
export interface ServerProblem {
  path: readonly PropertyKey[]
  message: string
}

const NAME = /^[a-z\d](?:[a-z\d-]{0,30}[a-z\d])?$/
const timeout = 'expected 1 to 120 seconds'
const list = z.array(z.string('expected a text').min(1), 'expected a list of names')
const texts = z.record(z.string(), z.string('expected a text'), 'expected names with texts')

const url = z.string('expected a text').transform((value, context) => {
  const parsed = URL.parse(value)
  const isOk = /^https?:$/.test(parsed?.protocol ?? '') && !parsed?.username && !parsed?.password
  if (parsed && isOk) return parsed.href
  context.addIssue('expected an http or https URL; a password belongs into headers')
  return z.NEVER
})

const definition = z.strictObject(
  {
    url: url.optional(),
    headers: texts.optional(),
    command: z.string('expected the name of a program').min(1, 'expected the name of a program').optional(),
    args: z.array(z.string('expected a text'), 'expected a list of texts').optional(),
    env: texts.optional(),
    approve: z
      .union([z.enum(['always', 'never']), list], 'expected always, never, or a list of tools')
      .optional(),
    assistants: list.optional(),
    trusted: z.boolean('expected true or false').default(false),
    tools: list.optional(),
    without: list.default([]),
    repeatable: z.union([z.boolean(), list], 'expected true, false, or a list of tools').default(false),
    timeout: z.number(timeout).min(1, timeout).max(120, timeout).default(60),
    signin: z
      .union(
        [
          z.boolean(),
          z.strictObject({
            client: z.string().min(1).optional(),
            secret: z.string().min(1).optional(),
            scope: z.string().min(1).optional(),
            issuer: url.optional(),
          }),
        ],
        'expected true, or any of client, secret, scope and issuer',
      )
      .default(false),
  },
  'expected the fields of a server',
)

const servers = z.record(z.string(), z.unknown(), 'expected servers by their names')

type Definition = z.output<typeof definition>
/** The fields of a server, before anybody has looked at their values. */
type GivenFields = Readonly<Partial<Record<keyof Definition, unknown>>>

/** Gives the value of a variable. */
export type Variables = Readonly<Record<string, string | undefined>>

interface ReadOptions {
  variables?: Variables | undefined
  /** The ids of the assistants that there are. If absent, they are not known yet. */
  assistants?: readonly string[] | undefined
  problems: ServerProblem[]
}

/**
 * Reads servers from what a file or a host says. With `variables`, `${NAME}` in a header or in `env` stands for the variable of
 * that name. Adds what is wrong to `problems`: every fault of every server.
 */
export function readServers(given: unknown, { variables, assistants, problems }: ReadOptions): ToolServer[] {
  const all = servers.safeParse(given)
  for (const issue of all.error?.issues ?? []) problems.push(...problemsOf(issue))
  return Object.entries(all.data ?? {}).flatMap(([name, each]) => {
    const { data, error } = definition.safeParse(each)
    const found = (error?.issues ?? []).flatMap(issue =>
      problemsOf({ ...issue, path: [name, ...issue.path] }),
    )
    if (isFields(each)) found.push(...mistakesIn(name, each), ...unknownAssistants(name, each, assistants))
    problems.push(...found)
    const filler = new Filler(name, { variables, problems })
    if (data && found.length === 0) return [serverOf(name, data, filler)]
    // Variables that are not set are told too.
    if (isFields(each))
      for (const field of ['headers', 'env', 'signin'] as const) filler.fill(field, textsOf(each[field]))
    return []
  })
}

function isFields(given: unknown): given is GivenFields {
  return typeof given === 'object' && given !== null
}

/** The texts of a field that has texts by their names. */
function textsOf(given: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(isFields(given) ? given : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

/** Reads the servers that a host names. Throws one `ConfigProblem` with every fault of all. */
export function defineToolServers(definitions: ToolServerDefinitions): ToolServer[] {
  const problems: ServerProblem[] = []
  const defined = readServers(definitions, { problems })
  if (problems.length === 0) return defined
  const lines = problems.map(({ path, message }) => `${['mcp', ...path].join('.')}: ${message}`)
  throw new ConfigProblem('These tool servers are wrong:', lines)
}

function problemsOf(issue: z.core.$ZodIssue): ServerProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
  return issue.keys.map(key => ({ path: [...issue.path, key], message: 'not a field of a server' }))
}

/** What is wrong with the name of one server, and with its fields together. */
function mistakesIn(name: string, definition: GivenFields): ServerProblem[] {
  const { url, headers, command, args, env, signin = false } = definition
  const found: ServerProblem[] = []
  const wrong = (message: string, ...path: string[]) => found.push({ path: [name, ...path], message })
  if (!NAME.test(name)) wrong('expected a name of 1 to 32 of a-z, 0-9 and -')
  if ((url === undefined) === (command === undefined)) wrong('expected either url or command')
  else if (command !== undefined && headers !== undefined) wrong('belongs to a server with a url', 'headers')
  else if (url !== undefined)
    for (const [field, value] of Object.entries({ args, env }))
      if (value !== undefined) wrong('belongs to a server with a command', field)
  if (signin !== false) found.push(...mistakesInSignIn(name, definition))
  for (const [header, value] of Object.entries(textsOf(headers)))
    if (!isHeader(header, value))
      wrong('expected the name of a header, and a value in one line', 'headers', header)
  return found
}

function mistakesInSignIn(name: string, { url, headers, signin }: GivenFields): ServerProblem[] {
  const wrong = (message: string, ...path: string[]) => [{ path: [name, 'signin', ...path], message }]
  if (url === undefined) return wrong('belongs to a server with a url')
  if (Object.keys(textsOf(headers)).some(header => /^authorization$/i.test(header)))
    return wrong('the header authorization proves somebody already')
  const { client, secret } = textsOf(signin)
  if (secret !== undefined && client === undefined)
    return wrong('expected the client that has the secret', 'client')
  return []
}

function unknownAssistants(
  name: string,
  { assistants: named }: GivenFields,
  known: readonly string[] | undefined,
): ServerProblem[] {
  if (!known || !Array.isArray(named)) return []
  return named.flatMap((id, index) =>
    typeof id !== 'string' || known.includes(id)
      ? []
      : [
          {
            path: [name, 'assistants', index],
            message: `${id} is unknown; expected one of ${known.join(', ')}`,
          },
        ],
  )
}

function isHeader(name: string, value: string): boolean {
  try {
    new Headers([[name, value]])
    return true
  } catch {
    return false
  }
}

function serverOf(name: string, read: Definition, filler: Filler): ToolServer {
  const { url, headers = {}, command = '', args = [], env = {} } = read
  const { approve, assistants, tools, repeatable, signin } = read
  const address: ToolServerAddress =
    url === undefined
      ? { command, args, env: filler.fill('env', env) }
      : { url, headers: filler.fill('headers', headers) }
  return {
    name,
    address,
    isTrusted: read.trusted,
    without: read.without,
    timeout: read.timeout * 1000,
    ...(signin !== false && { signIn: signInOf(signin, filler) }),
    secrets: [...filler.secrets],
    ...(approve !== undefined && { approve }),
    ...(assistants && { assistants }),
    ...(tools && { tools }),
    ...(repeatable !== false && { repeatable }),
  }
}

function signInOf(signin: Exclude<Definition['signin'], false>, filler: Filler): ToolSignIn {
  if (signin === true) return {}
  const { client: id, secret, scope, issuer } = signin
  const filled = filler.fill('signin', secret === undefined ? {} : { secret })
  return {
    ...(id !== undefined && { client: { id, ...filled } }),
    ...(scope !== undefined && { scope }),
    ...(issuer !== undefined && { issuer }),
  }
}

/** Shorter texts are in many words, and nobody uses them as secrets. */
const SHORTEST_SECRET = 6
const SECRET_NAME = /key|token|secret|passw/i

/** Puts variables into texts, and remembers what is secret. */
class Filler {
  readonly secrets = new Set<string>()
  readonly #server: string
  readonly #variables: Variables | undefined
  readonly #problems: ServerProblem[]

  constructor(
    server: string,
    { variables, problems }: { variables: Variables | undefined; problems: ServerProblem[] },
  ) {
    this.#server = server
    this.#variables = variables
    this.#problems = problems
  }

  fill(
    field: 'headers' | 'env' | 'signin',
    values: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const entries = Object.entries(values).map(([name, value]): [string, string] => {
      const filled = this.#variables ? this.#replace(value, [this.#server, field, name]) : value
      if (field === 'headers' || SECRET_NAME.test(name)) {
        this.#keep(filled)
        // A token comes after the name of its scheme.
        this.#keep(filled.split(' ').at(-1) ?? '')
      }
      return [name, filled]
    })
    return Object.fromEntries(entries)
  }

  #replace(value: string, path: readonly string[]): string {
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const found = this.#variables?.[name]
      if (!found) this.#problems.push({ path, message: `the variable ${name} is not set` })
      this.#keep(found ?? '')
      return found ?? ''
    })
  }

  #keep(secret: string): void {
    if (secret.length >= SHORTEST_SECRET) this.secrets.add(secret)
  }
}
