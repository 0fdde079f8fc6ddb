import { type LookupOptions, lookup } from 'node:dns'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, LookupFunction, Socket } from 'node:net'
import { expect, test } from 'vitest'
import {
  createGuardedFetch,
  isPrivateAddress,
  PrivateAddress,
  publicLookup,
  requireSafe,
} from './guardedFetch.ts'

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'ff02::1',
  '::ffff:10.0.0.1',
  '::ffff:127.0.0.1',
  '64:ff9b::a00:1',
  '64:ff9b:1::a00:1',
  '2002:a00:1::',
  'fec0::1',
])('%s is private', address => expect(isPrivateAddress(address)).toBe(true))

test.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])(
  '%s is public',
  address => expect(isPrivateAddress(address)).toBe(false),
)

test.each([
  'https://10.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:a00:1]/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://localhost/',
  'https://issuer.localhost/',
  'https://issuer/',
  'https://issuer.internal/',
  'http://issuer.example/',
  'ftp://issuer.example/',
  'javascript:alert(1)',
  'https://user:word@issuer.example/',
])('a public server leads nobody to %s', address => {
  expect(() => requireSafe(new URL(address), false)).toThrow(PrivateAddress)
})

test('a public server may lead to a public issuer, and a private one to a private issuer', () => {
  expect(() => requireSafe(new URL('https://issuer.example/'), false)).not.toThrow()
  expect(() => requireSafe(new URL('http://10.0.0.1/'), true)).not.toThrow()
})

/** Counts what asks this machine, and what is connected to it. */
async function listenHere() {
  let asked = 0
  let connections = 0
  const open = new Set<Socket>()
  const changed = new EventEmitter()
  const here = createServer((_, response) => {
    asked += 1
    response.end('{}')
  })
  // Nothing is closed because it rests.
  here.keepAliveTimeout = 120_000
  here.on('connection', socket => {
    open.add(socket)
    connections += 1
    socket.on('close', () => {
      open.delete(socket)
      changed.emit('closed')
    })
  })
  await new Promise<void>(resolve => here.listen(0, '127.0.0.1', resolve))
  const { port } = here.address() as AddressInfo
  return {
    port,
    asked: () => asked,
    open,
    connections: () => connections,
    async closed() {
      await once(changed, 'closed')
    },
    async [Symbol.asyncDispose]() {
      here.closeAllConnections()
      await new Promise(resolve => here.close(resolve))
    },
  }
}

/** Somebody who owns every name, and lets all lead to this machine. */
const toThisMachine: LookupFunction = (_, options, callback) => {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}

/** Why nothing was connected to. */
const refusalOf = (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error: Error) => (error.cause instanceof PrivateAddress ? error.cause : error),
  )

test('this machine is not asked for a public server, and is for a private one', async () => {
  await using here = await listenHere()
  const forPublic = createGuardedFetch({ server: 'https://1.1.1.1/mcp' }, undefined)
  const forPrivate = createGuardedFetch({ server: 'http://127.0.0.1/mcp' }, undefined)
  for (const name of ['127.0.0.1', 'localhost'])
    await expect(forPublic.fetch(`https://${name}:${here.port}/`)).rejects.toThrow(PrivateAddress)
  expect(here.asked()).toBe(0)
  expect(await (await forPrivate.fetch(`http://127.0.0.1:${here.port}/`)).json()).toEqual({})
  expect(here.asked()).toBe(1)
  await Promise.all([forPublic.close(), forPrivate.close()])
})

test('whoever owns the name of a server lets it lead to no private issuer', async () => {
  await using here = await listenHere()
  const server = `http://mcp.example:${here.port}/mcp`
  const guard = createGuardedFetch({ server }, undefined, toThisMachine)
  for (const issuer of [
    `http://issuer.example:${here.port}/`,
    'http://10.0.0.1/',
    'https://10.0.0.1/',
    `https://issuer.example:${here.port}/`,
  ])
    expect(await refusalOf(guard.fetch(issuer)), issuer).toBeInstanceOf(PrivateAddress)
  expect(here.asked()).toBe(0)
  await guard.close()
})

test('what the operator names may be private', async () => {
  await using here = await listenHere()
  const named = {
    server: `http://mcp.example:${here.port}/mcp`,
    issuer: `http://sso.example:${here.port}/realms/people`,
  }
  const guard = createGuardedFetch(named, undefined, toThisMachine)
  for (const origin of [named.server, named.issuer]) {
    const answer = await guard.fetch(new URL('/.well-known/oauth-authorization-server', origin))
    expect(await answer.json()).toEqual({})
  }
  expect(here.asked()).toBe(2)
  await guard.close()
})

test.each(['http://mcp/mcp', 'http://mcp.internal/mcp', 'http://mcp.svc.cluster.local/mcp'])(
  'a server at %s, which nobody on the internet can own, may lead to a private issuer',
  async server => {
    const guard = createGuardedFetch({ server }, undefined)
    expect(() => guard.check(new URL('http://10.0.0.1/'))).not.toThrow()
    await guard.close()
  },
)

test('of many origins that a server names, connections are kept to the last ones', async () => {
  await using here = await listenHere()
  const guard = createGuardedFetch({ server: 'http://127.0.0.1/mcp' }, undefined, toThisMachine)
  for (let number = 0; number < 20; number++)
    await (await guard.fetch(`http://issuer${number}.example:${here.port}/`)).text()
  while (here.open.size > 8) await here.closed()
  expect([here.asked(), here.open.size]).toEqual([20, 8])
  await guard.fetch(`http://issuer12.example:${here.port}/`)
  await guard.fetch(`http://issuer20.example:${here.port}/`)
  await guard.fetch(`http://issuer12.example:${here.port}/`)
  // The one of before is used on.
  expect(here.connections()).toBe(21)
  await guard.close()
  while (here.open.size > 0) await here.closed()
})

test('names are looked at also where the network has a proxy and a host goes past it', async () => {
  await using here = await listenHere()
  const network = { httpsProxy: `http://127.0.0.1:${here.port}`, noProxy: '.example' }
  const guard = createGuardedFetch({ server: 'https://mcp.example/mcp' }, network, toThisMachine)
  expect(await refusalOf(guard.fetch(`https://issuer.example:${here.port}/`))).toBeInstanceOf(PrivateAddress)
  await guard.close()
})

test('a name that leads to this machine is not connected to for a public server', async () => {
  const looked = (options: LookupOptions) =>
    new Promise(resolve =>
      publicLookup(lookup)('localhost', options, (error, ...found) => resolve(error ?? found)),
    )
  expect(await looked({})).toBeInstanceOf(PrivateAddress)
  expect(await looked({ all: true })).toBeInstanceOf(PrivateAddress)
})
