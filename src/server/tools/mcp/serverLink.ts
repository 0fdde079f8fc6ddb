import { AsyncLocalStorage } from 'node:async_hooks'
import type { Client } from '@modelcontextprotocol/client'
import type { NetworkSettings } from '../../config/network.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import { packageVersion } from '../../packageVersion.ts'
import type { Credentials } from '../signIn/credentials.ts'
import { isAnswer, isSessionGone } from './callFailure.ts'
import { openTransport } from './transports.ts'

/** How long a server may take to say who it is, in milliseconds. */
const PROBE_TIMEOUT = 10_000
export const ANSWER_TIMEOUT = 30_000

/** Answers what a server asks in the middle of a call. */
export type OnElicit = (request: unknown) => Promise<{ action: 'accept' | 'decline' | 'cancel' }>

export interface LinkOptions {
  server: ToolServer
  network: NetworkSettings | undefined
  credentials?: Credentials | undefined
  /** The server says that its list has changed, or the connection is gone. */
  onStale: () => void
  onError: (error: Error) => void
}

/** A client, and what is under way over it. It is closed after the last request, because others may share it. */
interface Connected {
  readonly client: Client
  readonly calls: Set<OnElicit>
  uses: number
  isOver: boolean
}

/** The connection to one server. It is made when somebody needs it, and again after it broke. */
export class ServerLink {
  readonly #options: LinkOptions
  /** Says over the stream of which call a question came, where calls have streams of their own. */
  readonly #callOf = new AsyncLocalStorage<OnElicit>()
  #connected: Connected | undefined
  #connecting: Promise<Connected> | undefined
  readonly #closing = new Set<Promise<void>>()
  /** What a program wrote before it gave up. */
  lastWords = ''
  #isClosed = false

  constructor(options: LinkOptions) {
    this.#options = options
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const connected = this.#connected ?? (await this.#connecting?.catch(() => undefined))
    this.#connected = undefined
    await connected?.client.close().catch(() => undefined)
    await Promise.all(this.#closing)
  }

  /**
   * Asks the server something. If the connection was made earlier, and the server has certainly done nothing, asks once
   * more over a new one. With `onElicit`, it is a call that may ask back.
   */
  async ask<Answer>(ask: (client: Client) => Promise<Answer>, onElicit?: OnElicit): Promise<Answer> {
    const known = this.#connected
    const connected = await this.#connect()
    try {
      return await this.#use(connected, ask, onElicit)
    } catch (error) {
      if (!isSessionGone(error)) throw error
      this.#retire(connected)
      if (connected !== known) throw error
    }
    return this.#use(await this.#connect(), ask, onElicit)
  }

  async #use<Answer>(
    connected: Connected,
    ask: (client: Client) => Promise<Answer>,
    onElicit: OnElicit | undefined,
  ): Promise<Answer> {
    connected.uses += 1
    if (onElicit) connected.calls.add(onElicit)
    try {
      const { client } = connected
      return await (onElicit ? this.#callOf.run(onElicit, () => ask(client)) : ask(client))
    } catch (error) {
      // What this call still asks must not be shown to whoever calls next.
      if (onElicit && isOfSessions(connected.client) && !isAnswer(error)) connected.isOver = true
      throw error
    } finally {
      if (onElicit) connected.calls.delete(onElicit)
      connected.uses -= 1
      if (connected.isOver) this.#retire(connected)
    }
  }

  #connect(): Promise<Connected> {
    if (this.#connected && !this.#connected.isOver) return Promise.resolve(this.#connected)
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #open(): Promise<Connected> {
    if (this.#isClosed) throw Object.assign(new Error('the connection was closed'), { code: 'NOT_CONNECTED' })
    const { Client } = await import('@modelcontextprotocol/client')
    const { server, network, credentials, onError, onStale } = this.#options
    const { transport, lastWords, close } = await openTransport(server, { network, credentials })
    const client = new Client(
      { name: 'riacho', version: packageVersion() },
      {
        capabilities: { elicitation: { form: {}, url: {} } },
        versionNegotiation: { mode: 'auto', probe: { timeoutMs: PROBE_TIMEOUT } },
        inputRequired: { autoFulfill: false },
        listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: onStale } },
      },
    )
    const connected: Connected = { client, calls: new Set(), uses: 0, isOver: false }
    client.setRequestHandler('elicitation/create', request => this.#elicit(connected, request))
    client.onclose = () => {
      this.#forget(connected)
      void close().catch(() => undefined)
    }
    client.onerror = onError
    try {
      await client.connect(transport, { timeout: ANSWER_TIMEOUT })
    } catch (error) {
      await close().catch(() => undefined)
      this.lastWords = lastWords()
      throw error
    }
    this.lastWords = ''
    this.#connected = connected
    return connected
  }

  /** A question that may be that of another person's call is shown to nobody. */
  async #elicit({ calls, isOver }: Connected, request: unknown) {
    const [only] = calls.size === 1 && !isOver ? calls : []
    const onElicit = this.#callOf.getStore() ?? only
    return onElicit ? onElicit(request) : { action: 'cancel' as const }
  }

  #forget(connected: Connected): void {
    if (this.#connected !== connected) return
    this.#connected = undefined
    this.#options.onStale()
  }

  /** Uses a connection no more. What is under way over it may end. */
  #retire(connected: Connected): void {
    connected.isOver = true
    this.#forget(connected)
    if (connected.uses > 0) return
    const closing = connected.client.close().catch(() => undefined)
    this.#closing.add(closing)
    void closing.finally(() => this.#closing.delete(closing))
  }
}

/** Servers of 2025 ask over a stream that calls may share. Those of 2026 ask in their answers. */
function isOfSessions(client: Client): boolean {
  return (client.getNegotiatedProtocolVersion() ?? '') < FIRST_WITHOUT_SESSIONS
}

const FIRST_WITHOUT_SESSIONS = '2026-07-28'
