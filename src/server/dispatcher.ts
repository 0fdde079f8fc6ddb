import { readFileSync } from 'node:fs'
import { isIP, type LookupFunction } from 'node:net'
import { getCACertificates } from 'node:tls'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { NetworkSettings } from './config/network.ts'

export interface DispatcherOptions {
  /** The URL that requests go to. */
  address: string
  /** How long connecting may take, in milliseconds. */
  connectTimeout: number
  network?: NetworkSettings | undefined
  /** The most bytes of the body of an answer. If absent, there is no bound. */
  maxResponseSize?: number
  /** Resolves names, where no proxy does. If absent, the system does. */
  lookup?: LookupFunction
}

/** Makes connections to one address, through a proxy if the network has one for it. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { address, connectTimeout, network = {}, maxResponseSize = -1, lookup } = options
  const { protocol, hostname } = new URL(address)
  const { noProxy = '', caFile } = network
  const proxy = protocol === 'https:' ? network.httpsProxy : network.httpProxy
  const tls = caFile ? { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] } : {}
  const connect = { timeout: connectTimeout, ...tls }
  const ownConnect = { ...connect, ...(lookup && { lookup }) }
  // With HTTP/1.1 each reply has a socket of its own. Closing that stops one reply, and a reset cuts only one.
  const common = { connect: ownConnect, allowH2: false, maxResponseSize }
  if (!proxy) return new Agent(common)
  return new EnvHttpProxyAgent({
    ...common,
    connectTimeout,
    // With TLS settings of ours, undici takes the name of the server from them alone.
    requestTls: { ...connect, ...(isIP(hostname) === 0 && { servername: hostname }) },
    proxyTls: connect,
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy,
  })
}
