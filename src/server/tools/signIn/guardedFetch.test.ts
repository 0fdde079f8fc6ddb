import { lookup } from 'node:dns/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
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

test('this machine is not asked for a public server, and is for a private one', async () => {
  let asked = 0
  const here = createServer((_, response) => {
    asked += 1
    response.end('{}')
  })
  await new Promise<void>(resolve => here.listen(0, '127.0.0.1', resolve))
  const { port } = here.address() as AddressInfo
  const forPublic = createGuardedFetch('https://1.1.1.1/mcp', undefined)
  const forPrivate = createGuardedFetch('http://127.0.0.1/mcp', undefined)
  for (const name of ['127.0.0.1', 'localhost'])
    await expect(forPublic.fetch(`https://${name}:${port}/`)).rejects.toThrow(PrivateAddress)
  expect(asked).toBe(0)
  expect(await (await forPrivate.fetch(`http://127.0.0.1:${port}/`)).json()).toEqual({})
  expect(asked).toBe(1)
  await Promise.all([forPublic.close(), forPrivate.close()])
  await new Promise(resolve => here.close(resolve))
})

test('a name that leads to this machine is not connected to for a public server', async () => {
  const looked = (options: object) =>
    new Promise(resolve => publicLookup('localhost', options, (error, ...found) => resolve(error ?? found)))
  expect(await looked({})).toBeInstanceOf(PrivateAddress)
  expect(await looked({ all: true })).toBeInstanceOf(PrivateAddress)
})

/** Many machines resolve their own name to an address of theirs. */
const OWN_NAME = await lookup(hostname()).then(
  ({ address }) => (isPrivateAddress(address) ? hostname() : undefined),
  () => undefined,
)
test.skipIf(!OWN_NAME || OWN_NAME === 'localhost')('connections are made by that look-up', async () => {
  const forPublic = createGuardedFetch('https://1.1.1.1/mcp', undefined)
  const refused = await forPublic.fetch(`https://${OWN_NAME}/`).catch((error: Error) => error.cause)
  expect(refused).toBeInstanceOf(PrivateAddress)
  await forPublic.close()
})

test('a server whose name is found only later may lead to a private issuer then', async () => {
  let isUp = false
  const guard = createGuardedFetch('http://mcp.internal.example/mcp', undefined, async () => {
    if (!isUp) throw new Error('ENOTFOUND')
    return [{ address: '10.0.0.9' }]
  })
  const issuer = new URL('http://10.0.0.1/')
  await expect(guard.check(issuer)).rejects.toThrow(PrivateAddress)
  isUp = true
  await expect(guard.check(issuer)).resolves.toBeUndefined()
  await guard.close()
})
