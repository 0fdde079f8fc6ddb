import { type LookupAddress, lookup as lookUp } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { FetchLike } from '@modelcontextprotocol/client'
import { type Dispatcher, fetch as undiciFetch } from 'undici'
import type { NetworkSettings } from '../../config/network.ts'
import { createDispatcher } from '../../dispatcher.ts'

/** How long a connection may take, and a whole answer, in milliseconds. */
const CONNECT_TIMEOUT = 10_000
const ANSWER_TIMEOUT = 20_000
const MAX_BYTES = 1_000_000

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

/** The addresses of a name. Rejects if there is none. */
type FindAddresses = (host: string) => Promise<readonly { address: string }[]>

export class PrivateAddress extends Error {}

export interface GuardedFetch {
  fetch: FetchLike
  /** Throws `PrivateAddress` if nobody may be led there. */
  check(url: URL): Promise<void>
  close(): Promise<void>
}

/**
 * Asks addresses that a server of tools has named. The server is not trusted, so it leads to no private address, unless its own
 * address, which the operator has named, is private. Names are looked at where the connection is made, so that a name cannot
 * lead elsewhere in between. Where a proxy connects, the proxy has to refuse private addresses.
 */
export function createGuardedFetch(
  serverUrl: string,
  network: NetworkSettings | undefined,
  findAddresses: FindAddresses = host => lookup(host, { all: true }),
): GuardedFetch {
  const dispatchers = new Map<string, Dispatcher>()
  let isTrusted: boolean | undefined

  function dispatcherFor({ origin }: URL, mayBePrivate: boolean): Dispatcher {
    const key = `${origin} ${mayBePrivate}`
    const known = dispatchers.get(key)
    if (known) return known
    const made = createDispatcher({
      address: origin,
      connectTimeout: CONNECT_TIMEOUT,
      network,
      maxResponseSize: MAX_BYTES,
      ...(!mayBePrivate && { lookup: publicLookup }),
    })
    dispatchers.set(key, made)
    return made
  }

  async function check(url: URL): Promise<boolean> {
    isTrusted ??= await isPrivateHost(new URL(serverUrl).hostname, findAddresses)
    // A name that nobody finds now may be found later, and says nothing until then.
    const mayBePrivate = isTrusted === true
    requireSafe(url, mayBePrivate)
    return mayBePrivate
  }

  return {
    async check(url) {
      await check(url)
    },
    async fetch(address, init) {
      const url = new URL(address)
      const mayBePrivate = await check(url)
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT)
      const dispatcher = dispatcherFor(url, mayBePrivate)
      const options = { ...init, signal, dispatcher, redirect: init?.redirect ?? 'manual' }
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
      await Promise.all([...dispatchers.values()].map(each => each.destroy()))
    },
  }
}

/** Throws `PrivateAddress` unless it is an address of the web, and a public one where that is asked. */
export function requireSafe({ protocol, hostname, username, password }: URL, mayBePrivate: boolean): void {
  if (username !== '' || password !== '') throw new PrivateAddress('an address with a password')
  if (protocol !== 'https:' && !(mayBePrivate && protocol === 'http:'))
    throw new PrivateAddress(`an address that is not https: ${protocol}//${hostname}`)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (!mayBePrivate && (isPrivateAddress(host) || isLocalName(host)))
    throw new PrivateAddress(`a private address: ${hostname}`)
}

function isLocalName(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host)
}

/** `undefined`: nobody knows the name now. */
async function isPrivateHost(hostname: string, findAddresses: FindAddresses): Promise<boolean | undefined> {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isLocalName(host) || isPrivateAddress(host)) return true
  const found = await findAddresses(host).catch(() => [])
  return found.length > 0 ? found.every(({ address }) => isPrivateAddress(address)) : undefined
}

/** As `lookup` of `node:dns`, and fails if a name leads to a private address. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const [first] = found ?? []
    if (error || !first) return callback(error ?? new Error('no address'), '', 0)
    if (found.some(({ address }) => isPrivateAddress(address)))
      return callback(new PrivateAddress(`a private address: ${hostname}`), '', 0)
    if (options.all) (callback as (error: null, found: LookupAddress[]) => void)(null, found)
    else callback(null, first.address, first.family)
  })
}
