import type { CallToolResult, Client, Tool as ListedTool } from '@modelcontextprotocol/client'
import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import type { NetworkSettings } from '../../config/network.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import { type ToolAnswer, type ToolContext, ToolError } from '../../generation/tools.ts'
import { packageVersion } from '../../packageVersion.ts'
import { answerOf } from './answerOf.ts'
import { callFailure, isSessionGone, reasonOf } from './callFailure.ts'
import { createHideSecrets } from './hideSecrets.ts'
import { type ServerTool, serverTools } from './serverTools.ts'
import { openTransport } from './transports.ts'

/** How long a server may take to say who it is and what it has, in milliseconds. */
const PROBE_TIMEOUT = 10_000
const ANSWER_TIMEOUT = 30_000
/** The longest that any call may last, in milliseconds. */
const LONGEST_CALL = 600_000
/** How long a list of tools is good, in milliseconds: if the server does not say, at least, and at most. */
const LIST_AGE = { default: 60_000, least: 10_000, most: 3_600_000 }
/** After a failure the server is left alone: this long at first, then twice as long each time, in milliseconds. */
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 60_000
/** The most of a message of progress, in UTF-16 units. */
const LONGEST_MESSAGE = 300
/** The most of what a server says of a failure, in UTF-16 units. */
const LONGEST_REASON = 2500

export interface ConnectionOptions {
  server: ToolServer
  network: NetworkSettings | undefined
  clock: Clock
  logger: Logger
}

/** What is known of a server. */
export interface ToolServerState {
  name: string
  /** `idle`: nobody has needed it yet. */
  state: 'idle' | 'ready' | 'unreachable'
  /** Why it is unreachable. */
  reason?: string
  /** How many tools it has. */
  tools: number
}

/** A client, and how many requests are under way. It is closed after the last one, because others may share it. */
interface Link {
  readonly client: Client
  uses: number
  isOver: boolean
}

interface List {
  readonly tools: readonly ServerTool[]
  readonly goodUntil: number
}

/**
 * The one connection to an MCP server, which all conversations share. It connects when somebody needs it. A server that
 * cannot be reached has no tools until it can.
 */
export class ServerConnection {
  readonly server: ToolServer
  readonly #options: ConnectionOptions
  readonly #hide: (text: string) => string
  #link: Link | undefined
  #connecting: Promise<Link> | undefined
  #list: List | undefined
  /** How often the server has said that its list has changed. */
  #changes = 0
  #reading: Promise<readonly ServerTool[]> | undefined
  #reason: string | undefined
  /** What a program wrote before it gave up. */
  #lastWords = ''
  #failures = 0
  #pauseUntil = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.server = options.server
    this.#hide = createHideSecrets(options.server.secrets)
  }

  get state(): ToolServerState {
    const { name } = this.server
    const tools = this.#list?.tools.length ?? 0
    if (this.#reason !== undefined) return { name, state: 'unreachable', reason: this.#reason, tools }
    return { name, state: this.#list ? 'ready' : 'idle', tools }
  }

  /** What the server has now. `isFresh`: it is asked, whenever that was done before. Never rejects. */
  async tools({ isFresh = false } = {}): Promise<readonly ServerTool[]> {
    const now = this.#options.clock.monotonic()
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
    const link = this.#link ?? (await this.#connecting?.catch(() => undefined))
    this.#link = undefined
    await link?.client.close().catch(() => undefined)
  }

  async #read(): Promise<readonly ServerTool[]> {
    const { clock, logger } = this.#options
    const { name } = this.server
    const changes = this.#changes
    try {
      const { tools: listed, ...rest } = await this.#ask(client =>
        client.listTools(undefined, { cacheMode: 'refresh', timeout: ANSWER_TIMEOUT }),
      )
      const { tools, tooLong } = serverTools(this.server, {
        listed: listed as readonly ListedTool[],
        hide: this.#hide,
        call: (tool, args, context) => this.#call(tool, args, context),
      })
      if (this.#reason !== undefined) logger.info({ server: name }, 'a tool server can be reached again')
      if (tooLong.length > 0)
        logger.warn({ server: name, tools: tooLong }, 'tools whose definitions are too long are left out')
      this.#reason = undefined
      this.#failures = 0
      // What changed while the server answered is in no answer.
      const age = this.#changes === changes ? ageOf(rest) : 0
      this.#list = { tools, goodUntil: clock.monotonic() + age }
      return tools
    } catch (error) {
      this.#failed(error)
      return []
    }
  }

  /** One line in the log, however often it is tried again. */
  #failed(error: unknown): void {
    const { clock, logger } = this.#options
    this.#list = undefined
    const isNew = this.#reason === undefined
    this.#reason = this.#told([reasonOf(error), this.#lastWords].filter(Boolean).join(': '))
    this.#pauseUntil = clock.monotonic() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures)
    this.#failures += 1
    if (isNew && !this.#isClosed)
      logger.warn(
        { server: this.server.name, reason: this.#reason },
        'a tool server cannot be reached, and its tools are left out',
      )
  }

  async #call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    { callId, signal, onProgress }: ToolContext,
  ): Promise<ToolAnswer> {
    const { timeout } = this.server
    try {
      const params = { name, arguments: { ...args }, _meta: { 'riacho/callId': callId } }
      const result = await this.#ask(client =>
        client.callTool(params, {
          signal,
          timeout,
          maxTotalTimeout: LONGEST_CALL,
          resetTimeoutOnProgress: true,
          allowInputRequired: true,
          onprogress: ({ progress, total, message }) =>
            onProgress({
              done: progress,
              ...(total !== undefined && { total }),
              ...(message !== undefined && { message: this.#hide(message).slice(0, LONGEST_MESSAGE) }),
            }),
        }),
      )
      if (asksBack(result)) throw new ToolError(ASKS_BACK)
      const answer = answerOf(result)
      const named = answer.files?.map(file => ({ ...file, name: file.name && this.#hide(file.name) }))
      return { ...answer, content: this.#hide(answer.content), ...(named && { files: named }) }
    } catch (error) {
      if (error instanceof ToolError) throw error
      const { message } = callFailure(error, { server: this.server.name, timeout })
      throw new ToolError(this.#told(message))
    }
  }

  /** The beginning of what a server said. It is cut last, because half a secret would not be known as one. */
  #told(text: string): string {
    return this.#hide(text).slice(0, LONGEST_REASON)
  }

  /**
   * Asks the server something. If the connection was made earlier, and the server has certainly done nothing, asks once
   * more over a new one.
   */
  async #ask<Answer>(ask: (client: Client) => Promise<Answer>): Promise<Answer> {
    const known = this.#link
    const link = await this.#connected()
    try {
      return await this.#use(link, ask)
    } catch (error) {
      if (!isSessionGone(error)) throw error
      this.#retire(link)
      if (link !== known) throw error
    }
    return this.#use(await this.#connected(), ask)
  }

  async #use<Answer>(link: Link, ask: (client: Client) => Promise<Answer>): Promise<Answer> {
    link.uses += 1
    try {
      return await ask(link.client)
    } finally {
      link.uses -= 1
      if (link.isOver) this.#retire(link)
    }
  }

  #connected(): Promise<Link> {
    if (this.#link) return Promise.resolve(this.#link)
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #connect(): Promise<Link> {
    if (this.#isClosed) throw new Error('Riacho is closing')
    const { Client } = await import('@modelcontextprotocol/client')
    const { network, logger } = this.#options
    const { transport, lastWords, close } = await openTransport(this.server, network)
    const client = new Client(
      { name: 'riacho', version: packageVersion() },
      {
        capabilities: {},
        versionNegotiation: { mode: 'auto', probe: { timeoutMs: PROBE_TIMEOUT } },
        inputRequired: { autoFulfill: false },
        listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => this.#changed() } },
      },
    )
    const link: Link = { client, uses: 0, isOver: false }
    client.onclose = () => {
      this.#forget(link)
      void close().catch(() => undefined)
    }
    client.onerror = error =>
      logger.debug({ server: this.server.name, reason: this.#told(reasonOf(error)) }, 'a tool server')
    try {
      await client.connect(transport, { timeout: ANSWER_TIMEOUT })
    } catch (error) {
      await close().catch(() => undefined)
      this.#lastWords = lastWords()
      throw error
    }
    this.#lastWords = ''
    this.#link = link
    return link
  }

  #changed(): void {
    this.#changes += 1
    this.#forgetList()
  }

  #forgetList(): void {
    if (this.#list) this.#list = { ...this.#list, goodUntil: Number.NEGATIVE_INFINITY }
  }

  #forget(link: Link): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#forgetList()
  }

  /** Uses a connection no more. What is under way over it may end. */
  #retire(link: Link): void {
    link.isOver = true
    this.#forget(link)
    if (link.uses === 0) void link.client.close().catch(() => undefined)
  }
}

const ASKS_BACK = 'The tool asks a person for something more, and Riacho cannot pass such questions on yet.'

function asksBack(result: CallToolResult): boolean {
  return (result as { resultType?: unknown }).resultType === 'input_required'
}

/** How long what a server has said of its tools is good, in milliseconds. */
function ageOf({ ttlMs }: { ttlMs?: unknown; _meta?: unknown }): number {
  if (typeof ttlMs !== 'number') return LIST_AGE.default
  return Math.min(LIST_AGE.most, Math.max(LIST_AGE.least, ttlMs))
}
