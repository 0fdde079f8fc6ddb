import type { FetchLike, JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client'
import { type Dispatcher, fetch as undiciFetch } from 'undici'
import type { NetworkSettings } from '../../config/network.ts'
import type { ToolServer } from '../../config/toolServers.ts'
import { createDispatcher } from '../../dispatcher.ts'
import type { Credentials } from '../signIn/credentials.ts'
import { SignInNeeded } from './signInNeeded.ts'

/** How long a connection may take, in milliseconds. */
const CONNECT_TIMEOUT = 10_000
/** The most bytes of one answer, and of one line of a program. */
const MAX_BYTES = 16_000_000
/** How much of what a program last wrote to its standard error is remembered, in characters. */
const REMEMBERED = 2000

/** A way to a server, and what belongs to it. */
export interface OpenedTransport {
  readonly transport: Transport
  /** What a program last wrote to its standard error. */
  lastWords(): string
  close(): Promise<void>
}

/** Makes a new way to a server. The client starts it. */
export async function openTransport(
  { address }: Pick<ToolServer, 'address'>,
  { network, credentials }: { network: NetworkSettings | undefined; credentials?: Credentials | undefined },
): Promise<OpenedTransport> {
  return 'url' in address ? openHttp(address, { network, credentials }) : openProgram(address)
}

async function openHttp(
  { url, headers }: { url: string; headers: Readonly<Record<string, string>> },
  { network, credentials }: { network: NetworkSettings | undefined; credentials: Credentials | undefined },
): Promise<OpenedTransport> {
  const sdk = await import('@modelcontextprotocol/client')
  const { StreamableHTTPClientTransport } = sdk
  const dispatcher = createDispatcher({
    address: url,
    connectTimeout: CONNECT_TIMEOUT,
    network,
    maxResponseSize: MAX_BYTES,
  })
  /** Without it, a request whose answer is cut off would wait until its time is over. */
  class CutTransport extends StreamableHTTPClientTransport {
    override send(message: JSONRPCMessage, options: TransportSendOptions = {}): Promise<void> {
      const onRequestStreamEnd = () => {
        options.onRequestStreamEnd?.()
        if ('method' in message && 'id' in message)
          this.onmessage?.({ jsonrpc: '2.0', id: message.id, error: { code: CUT_OFF, message: 'cut off' } })
      }
      return super.send(message, { ...options, onRequestStreamEnd })
    }
  }
  const transport = new CutTransport(new URL(url), {
    fetch: fetchBy(dispatcher),
    ...(credentials && {
      authProvider: {
        token: () => credentials.token(),
        async onUnauthorized({ response }) {
          if (await credentials.renew()) return
          const { resourceMetadataUrl, scope } = sdk.extractWWWAuthenticateParams(response)
          throw new SignInNeeded({ metadataUrl: resourceMetadataUrl?.href, scope })
        },
      },
    }),
    onInsufficientScope: 'throw',
    // A redirect would lead to a server that the operator has not named.
    requestInit: { headers: { ...headers }, redirect: 'manual' },
  })
  return {
    transport,
    lastWords: () => '',
    async close() {
      await dispatcher.destroy()
    },
  }
}

/** The code of the answer that stands for one that was cut off. No server may use codes of this range for its own. */
export const CUT_OFF = -32_099

function fetchBy(dispatcher: Dispatcher): FetchLike {
  return (url, init) =>
    undiciFetch(url, { ...init, dispatcher } as Parameters<
      typeof undiciFetch
    >[1]) as unknown as Promise<Response>
}

async function openProgram(address: {
  command: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
}): Promise<OpenedTransport> {
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
  const transport = new StdioClientTransport({
    command: address.command,
    args: [...address.args],
    env: { ...address.env },
    stderr: 'pipe',
    maxBufferSize: MAX_BYTES,
  })
  let words = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    words += chunk.toString()
    if (words.length <= REMEMBERED) return
    words = words.slice(-REMEMBERED)
    // A line that is cut may hold half a secret.
    words = words.slice(words.indexOf('\n') + 1)
  })
  return { transport, lastWords: () => words.trim(), close: () => transport.close() }
}
