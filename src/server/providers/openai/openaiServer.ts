import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { getCACertificates } from 'node:tls'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { Timeouts } from './connection.ts'

/** Where requests go, and what each of them carries. */
export interface OpenaiServer {
  dispatcher: Dispatcher
  origin: string
  /** The path and query of an endpoint. */
  pathOf(endpoint: string, query?: string): string
  /** The address of an endpoint, for logs. */
  addressOf(endpoint: string): string
  headers: Record<string, string>
}

export interface OpenaiServerOptions {
  /** With the version, as `https://api.openai.com/v1`. Its query is sent with every request. */
  baseUrl: string
  apiKey?: string
  timeouts: Timeouts
  network?: Network
  /** Used instead of connections of its own. */
  dispatcher?: Dispatcher
}

/** The network between Riacho and the provider. */
export interface Network {
  /** The proxy for `https` addresses, and the one for `http`. */
  httpsProxy?: string
  httpProxy?: string
  /** Hosts that are asked without a proxy, as `NO_PROXY` lists them. */
  noProxy?: string
  /** A file of certificates to trust besides the known ones, in PEM. */
  caFile?: string
}

export function createOpenaiServer(options: OpenaiServerOptions): OpenaiServer {
  const { apiKey } = options
  const base = new URL(options.baseUrl)
  const path = base.pathname.replace(/\/$/, '')
  return {
    dispatcher: options.dispatcher ?? createDispatcher(options),
    origin: base.origin,
    pathOf(endpoint, query = '') {
      const search = [base.search.slice(1), query].filter(Boolean).join('&')
      return `${path}${endpoint}${search && `?${search}`}`
    },
    addressOf: endpoint => `${base.origin}${path}${endpoint}`,
    headers: {
      accept: 'text/event-stream',
      // A compressor holds text back until it has a block of it.
      'accept-encoding': 'identity',
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    },
  }
}

/** With HTTP/1.1 each reply has a socket of its own. Closing that stops one reply, and a reset cuts only one. */
function createDispatcher({ baseUrl, timeouts, network = {} }: OpenaiServerOptions): Dispatcher {
  const { protocol, hostname } = new URL(baseUrl)
  const { noProxy = '', caFile } = network
  const proxy = protocol === 'https:' ? network.httpsProxy : network.httpProxy
  const tls = caFile ? { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] } : {}
  const connect = { timeout: timeouts.connect, ...tls }
  if (!proxy) return new Agent({ connect, allowH2: false })
  return new EnvHttpProxyAgent({
    connect,
    allowH2: false,
    connectTimeout: timeouts.connect,
    // With TLS settings of ours, undici takes the name of the server from them alone.
    requestTls: { ...connect, ...(isIP(hostname) === 0 && { servername: hostname }) },
    proxyTls: connect,
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy,
  })
}
