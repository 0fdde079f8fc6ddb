import { lookup as lookUp } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { FetchLike } from '@modelcontextprotocol/client'
import { type Dispatcher, fetch as undiciFetch } from 'undici'
import type { NetworkSettings } from '../../config/network.ts'
import { createDispatcher } from '../../dispatcher.ts'

/** How long a connection may take, and a whole answer, in milliseconds. */
const CONNECT_TIMEOUT = 10_000
const ANSWER_TIMEOUT = 20_000
const MAX_BYTES = 1_000_000
/** To how many origins connections are kept at most. */
const MOST_ORIGINS = 8

/** Addresses that lead to this machine, to its network, or to nobody. */
const PRIVATE = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fec0::', 10],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv6')

export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  // An address of IPv4 within IPv6 counts as itself.
  return PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

export class PrivateAddress extends Error {}

export interface GuardedFetch {
  fetch: FetchLike
  /** Throws `PrivateAddress` if nobody may be led there. */
  check(url: URL): void
  close(): Promise<void>
}

/** What the operator has named. */
export interface NamedAddresses {
  server: string
  issuer?: string | undefined
}

/**
 * Asks addresses that a server of tools has named. The server is not trusted, so it leads to no private address, unless the operator
 * has named that origin, or has written a private address for the server. No look-up of a name decides that, because whoever owns
 * the name decides the look-up. Names are looked at where the connection is made, so that a name cannot
 * lead elsewhere in between. Where a proxy connects, the proxy has to refuse private addresses.
 */
export function createGuardedFetch(
  named: NamedAddresses,
  network: NetworkSettings | undefined,
  lookup: LookupFunction = lookUp,
): GuardedFetch {
  /** The one that was used last is the last. */
  const dispatchers = new Map<string, Dispatcher>()
  const closing = new Set<Dispatcher>()
  const origins = [named.server, named.issuer ?? []].flat().map(each => new URL(each).origin)
  const isPrivateServer = isPrivateHost(new URL(named.server).hostname)

  function dispatcherFor({ origin }: URL, mayBePrivate: boolean): Dispatcher {
    const known = dispatchers.get(origin)
    dispatchers.delete(origin)
    const [[oldest, resting] = []] = dispatchers.size >= MOST_ORIGINS ? dispatchers : []
    if (oldest !== undefined && resting) {
      dispatchers.delete(oldest)
      retire(resting)
    }
    const used = known ?? make(origin, mayBePrivate)
    dispatchers.set(origin, used)
    return used
  }

  function make(origin: string, mayBePrivate: boolean): Dispatcher {
    return createDispatcher({
      address: origin,
      connectTimeout: CONNECT_TIMEOUT,
      network,
      maxResponseSize: MAX_BYTES,
      lookup: mayBePrivate ? lookup : publicLookup(lookup),
    })
  }

  /** Closes it after what is under way over it. */
  function retire(dispatcher: Dispatcher): void {
    closing.add(dispatcher)
    void dispatcher.close().finally(() => closing.delete(dispatcher))
  }

  function check(url: URL): boolean {
    const mayBePrivate = isPrivateServer || origins.includes(url.origin)
    requireSafe(url, mayBePrivate)
    return mayBePrivate
  }

  return {
    check,
    async fetch(address, init) {
      const url = new URL(address)
      const dispatcher = dispatcherFor(url, check(url))
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT)
      // A redirect could lead to an address that nobody has checked.
      const options = { ...init, signal, dispatcher, redirect: 'manual' }
      const answer = await undiciFetch(url, options as Parameters<typeof undiciFetch>[1])
      const { status, statusText } = answer
      // The client of MCP knows an error of an issuer only by the class of its answer.
      return new Response(answer.body as unknown as ReadableStream | null, {
        status,
        statusText,
        headers: [...answer.headers],
      })
    },
    async close() {
      await Promise.all([...dispatchers.values(), ...closing].map(each => each.destroy()))
    },
  }
}

/** Throws `PrivateAddress` unless it is an address of the web, and a public one where that is asked. */
export function requireSafe({ protocol, hostname, username, password }: URL, mayBePrivate: boolean): void {
  if (username !== '' || password !== '') throw new PrivateAddress('an address with a password')
  if (protocol !== 'https:' && !(mayBePrivate && protocol === 'http:'))
    throw new PrivateAddress(`an address that is not https: ${protocol}//${hostname}`)
  if (!mayBePrivate && isPrivateHost(hostname)) throw new PrivateAddress(`a private address: ${hostname}`)
}

/** Names that nobody can own in the DNS of the internet: those of one word, and those that are reserved (RFC 6762, 8375, 9476). */
const LOCAL_NAME = /^[^.:]+$|\.(?:localhost|local|internal|home\.arpa)$/i

/** Whether an address is private as it is written, whoever looks a name up. */
function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return isPrivateAddress(host) || LOCAL_NAME.test(host)
}

/** As `lookup`, and fails if a name leads to a private address. */
export function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : []
      const [first] = addresses
      if (error || !first) return callback(error ?? new Error('no address'), '', 0)
      if (addresses.some(({ address }) => isPrivateAddress(address)))
        return callback(new PrivateAddress(`a private address: ${hostname}`), '', 0)
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
