import { createHash } from 'node:crypto'
import type { Tool as ListedTool } from '@modelcontextprotocol/client'
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { NetworkSettings } from '../../config/network.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import type { ToolAnswer, ToolContext } from '../../generation/tools.ts'
import type { Credentials } from '../signIn/credentials.ts'
import { reasonOf } from './callFailure.ts'
import { askToSignIn, callThere } from './callThere.ts'
import { createHideSecrets } from './hideSecrets.ts'
import { ANSWER_TIMEOUT, ServerLink } from './serverLink.ts'
import { type ServerTool, serverTools } from './serverTools.ts'
import { type SignInNeeded, signInNeeded } from './signInNeeded.ts'
import { toolName } from './toolNames.ts'

/** How long a list of tools is good, in milliseconds: if the server does not say, at least, and at most. */
const LIST_AGE = { default: 60_000, least: 10_000, most: 3_600_000 }
/** After a failure the server is left alone: this long at first, then twice as long each time, in milliseconds. */
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 60_000
/** The most of what a server says of a failure, in UTF-16 units. */
const LONGEST_REASON = 2500

export interface ConnectionOptions {
  server: ToolServer
  network: NetworkSettings | undefined
  /** Of the person whom the connection serves. If absent, it serves everybody. */
  credentials?: Credentials | undefined
  clock: Clock
  logger: Logger
}

/** What is known of a server. */
export interface ToolServerState {
  name: string
  /** `idle`: nobody has needed it yet. `signed-out`: a person has to sign in first. */
  state: 'idle' | 'ready' | 'unreachable' | 'signed-out'
  /** Why it is unreachable. */
  reason?: string
  /** Since when it is so, in milliseconds since 1970. Absent: always. */
  since?: number
  /** How many tools it has. */
  tools: number
  /** Tools whose definitions have changed since this process first read them, by their names there. */
  changed: readonly string[]
}

interface List {
  readonly tools: readonly ServerTool[]
  readonly goodUntil: number
}

/**
 * The one connection to an MCP server, which all conversations share, or all of one person where people sign in. It connects when
 * somebody needs it. A server that cannot be reached has no tools until it can. One that wants a person to sign in has a tool for
 * that.
 */
export class ServerConnection {
  readonly server: ToolServer
  readonly #options: ConnectionOptions
  readonly #hide: (text: string) => string
  readonly #link: ServerLink
  readonly #digests = new Map<string, string>()
  readonly #changed = new Set<string>()
  #list: List | undefined
  #isSignedOut = false
  #unknown: readonly string[] = []
  #since: number | undefined
  /** How often the server has said that its list has changed. */
  #changes = 0
  #reading: Promise<readonly ServerTool[]> | undefined
  #reason: string | undefined
  #failures = 0
  #pauseUntil = Number.NEGATIVE_INFINITY
  #isClosed = false
  #calls = 0
  #usedAt: number

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#usedAt = options.clock.monotonic()
    this.server = options.server
    const { server, network, credentials, logger } = options
    this.#hide = text => createHideSecrets([...server.secrets, ...(credentials?.secrets() ?? [])])(text)
    this.#link = new ServerLink({
      server,
      network,
      credentials,
      onStale: () => this.#stale(),
      onError: error =>
        logger.debug({ server: server.name, reason: this.#told(reasonOf(error)) }, 'a tool server'),
    })
  }

  get state(): ToolServerState {
    const { name } = this.server
    const tools = this.#isSignedOut ? 0 : (this.#list?.tools.length ?? 0)
    const facts = {
      name,
      ...(this.#since !== undefined && { since: this.#since }),
      tools,
      changed: [...this.#changed].sort(),
    }
    if (this.#reason !== undefined) return { ...facts, state: 'unreachable', reason: this.#reason }
    if (this.#isSignedOut) return { ...facts, state: 'signed-out' }
    return { ...facts, state: this.#list ? 'ready' : 'idle' }
  }

  /** Names in the lists of the operator that the server does not have. */
  get unknown(): readonly string[] {
    return this.#unknown
  }

  /** When anything was last under way, by the monotonic clock. */
  get usedAt(): number {
    return this.#calls > 0 ? this.#options.clock.monotonic() : this.#usedAt
  }

  /** What the server has now. `isFresh`: it is asked, whenever that was done before. Never rejects. */
  async tools({ isFresh = false } = {}): Promise<readonly ServerTool[]> {
    const now = this.#options.clock.monotonic()
    this.#usedAt = now
    if (this.#isClosed) return []
    if (!isFresh && this.#list && now < this.#list.goodUntil) return this.#list.tools
    if (now < this.#pauseUntil) return []
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#list = undefined
    await this.#link.close()
  }

  async #read(): Promise<readonly ServerTool[]> {
    const { clock, logger } = this.#options
    const { name } = this.server
    const changes = this.#changes
    try {
      const { tools: listed, ...rest } = await this.#link.ask(client =>
        client.listTools(undefined, { cacheMode: 'refresh', timeout: ANSWER_TIMEOUT }),
      )
      const { tools, tooLong, unknown } = serverTools(this.server, {
        listed: listed as readonly ListedTool[],
        hide: this.#hide,
        call: (name, args, context) => this.#call({ name, args }, context),
      })
      for (const { nameThere, digest } of tools) this.#note(nameThere, digest)
      if (this.#reason !== undefined) logger.info({ server: name }, 'a tool server can be reached again')
      if (tooLong.length > 0)
        logger.warn({ server: name, tools: tooLong }, 'tools whose definitions are too long are left out')
      if (unknown.length > 0 && unknown.join() !== this.#unknown.join())
        logger.warn(
          { server: name, tools: unknown },
          'the operator names tools that the server does not have',
        )
      this.#unknown = unknown
      this.#turn({ isSignedOut: false, reason: undefined })
      this.#failures = 0
      // What changed while the server answered is in no answer.
      const age = this.#changes === changes ? ageOf(rest) : 0
      this.#list = { tools, goodUntil: clock.monotonic() + age }
      return tools
    } catch (error) {
      const needed = this.server.signIn && signInNeeded(error, this.#options.credentials?.scope())
      if (needed) return this.#signedOut(needed)
      this.#failed(error)
      return []
    }
  }

  async #call(call: Parameters<typeof callThere>[1], context: ToolContext): Promise<ToolAnswer> {
    this.#calls += 1
    try {
      return await callThere(this.#calling, call, context)
    } finally {
      this.#calls -= 1
      this.#usedAt = this.#options.clock.monotonic()
    }
  }

  /** All that can be called before the person has signed in. */
  #signedOut(needed: SignInNeeded): readonly ServerTool[] {
    const { clock, credentials } = this.#options
    this.#turn({ isSignedOut: true, reason: undefined })
    this.#failures = 0
    const tools = [signInTool(this.server, needed, credentials)]
    this.#list = { tools, goodUntil: clock.monotonic() + LIST_AGE.least }
    return tools
  }

  #turn({ isSignedOut, reason }: { isSignedOut: boolean; reason: string | undefined }): void {
    const isOther =
      isSignedOut !== this.#isSignedOut || (reason === undefined) !== (this.#reason === undefined)
    if (isOther || !this.#list) this.#since = this.#options.clock.now()
    this.#isSignedOut = isSignedOut
    this.#reason = reason
  }

  /** Remembers a definition, so that administrators see which have changed. */
  #note(name: string, digest: string): void {
    const known = this.#digests.get(name)
    if (known !== undefined && known !== digest) this.#changed.add(name)
    this.#digests.set(name, digest)
  }

  get #calling() {
    const { clock, credentials } = this.#options
    return {
      server: this.server,
      link: this.#link,
      clock,
      hide: this.#hide,
      told: (text: string) => this.#told(text),
      granted: () => credentials?.scope(),
    }
  }

  /** One line in the log, however often it is tried again. */
  #failed(error: unknown): void {
    const { clock, logger } = this.#options
    const isNew = this.#reason === undefined
    const reason = this.#told([reasonOf(error), this.#link.lastWords].filter(Boolean).join(': '))
    this.#turn({ isSignedOut: false, reason })
    this.#list = undefined
    this.#pauseUntil = clock.monotonic() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures)
    this.#failures += 1
    if (isNew && !this.#isClosed)
      logger.warn(
        { server: this.server.name, reason: this.#reason },
        'a tool server cannot be reached, and its tools are left out',
      )
  }

  /** The beginning of what a server said. It is cut last, because half a secret would not be known as one. */
  #told(text: string): string {
    return this.#hide(text).slice(0, LONGEST_REASON)
  }

  #stale(): void {
    this.#changes += 1
    if (this.#list) this.#list = { ...this.#list, goodUntil: Number.NEGATIVE_INFINITY }
  }
}

/** Lets a model ask the person to sign in, because what the server has is not known before. */
function signInTool(
  server: ToolServer,
  needed: SignInNeeded,
  credentials: Credentials | undefined,
): ServerTool {
  const { name } = server
  const description = `The server ${name} has tools for whoever signs in there. The person has not. Call this if a tool of ${name} may help: it asks the person to sign in, and then the tools can be called.`
  return {
    name: toolName(name, 'sign_in'),
    nameThere: 'sign_in',
    isSignIn: true,
    server: name,
    description,
    parameters: { type: 'object', properties: {} },
    digest: createHash('sha256').update(`sign in at ${name}`).digest('base64url'),
    asks: false,
    async run(_, { answered }) {
      if ((await credentials?.token()) === undefined || !answered) throw askToSignIn(name, needed)
      return { content: `The person has signed in, and ${name} does not answer yet. Try again later.` }
    },
  }
}

/** How long what a server has said of its tools is good, in milliseconds. */
function ageOf({ ttlMs }: { ttlMs?: unknown; _meta?: unknown }): number {
  if (typeof ttlMs !== 'number') return LIST_AGE.default
  return Math.min(LIST_AGE.most, Math.max(LIST_AGE.least, ttlMs))
}
