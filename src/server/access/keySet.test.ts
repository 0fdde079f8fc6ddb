import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { CERTIFICATE, CERTIFICATE_KEY } from '../../../test/harness/certificate.ts'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { temporaryFolder } from '../../../test/harness/folder.ts'
import { startForwardProxy } from '../../../test/harness/forwardProxy.ts'
import { claims, startTokenHost, type TokenHost } from '../../../test/harness/tokenHost.ts'
import type { NetworkSettings } from '../config/network.ts'
import { createKeySet, UnreadableKeys } from './keySet.ts'

const MINUTE = 60_000
function openKeys({ jwksUrl }: Pick<TokenHost, 'jwksUrl'>, network: NetworkSettings = {}) {
  const clock = createFakeClock()
  const keys = createKeySet({ url: jwksUrl, network, clock })
  /** Whom a token names. Rejects if none of the keys fits, or if the keys cannot be read. */
  const check = async (token: string) => (await jwtVerify(token, keys)).payload.sub
  return { clock, check }
}

/** A token that names a key, and is signed by nobody whom the host knows. */
function naming(kid: string, alg = 'ES256', payload: JWTPayload = claims()): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', kid })
    .sign(new Uint8Array(32))
    .then(signed => {
      const header = Buffer.from(JSON.stringify({ alg, kid })).toString('base64url')
      return [header, ...signed.split('.').slice(1)].join('.')
    })
}

test('a stranger with an unknown key locks nobody out while the address fails and the keys are not old', async () => {
  await using host = await startTokenHost()
  const { clock, check } = openKeys(host)
  const token = await host.sign(claims())
  expect(await check(token)).toBe('ana')
  host.status = 503
  await clock.advance(MINUTE)
  const stranger = await naming('unknown')
  for (const _ of [1, 2, 3]) {
    await expect(check(stranger)).rejects.toThrow(UnreadableKeys)
    expect(await check(token)).toBe('ana')
  }
  expect(host.asked).toBe(2)
  await clock.advance(9 * MINUTE)
  await expect(check(token)).rejects.toThrow(UnreadableKeys)
})

test('a stranger who names a key that is none locks nobody out, and the address is not asked again', async () => {
  await using host = await startTokenHost()
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
  host.keys = [...host.keys, { ...jwk, kty: 'EC', kid: 'private', alg: 'ES256', key_ops: ['verify'] }]
  const { clock, check } = openKeys(host)
  const token = await host.sign(claims())
  await clock.advance(MINUTE)
  for (const _ of [1, 2]) {
    await expect(check(await naming('private'))).rejects.not.toThrow(UnreadableKeys)
    expect(await check(token)).toBe('ana')
  }
  expect(host.asked).toBe(1)
})

test('a new key counts 5 s after the last time that the keys were read', async () => {
  await using host = await startTokenHost()
  const { clock, check } = openKeys(host)
  await check(await host.sign(claims()))
  await host.rotate()
  const token = await host.sign(claims())
  await clock.advance(4999)
  await expect(check(token)).rejects.toThrow('no applicable key')
  expect(host.asked).toBe(1)
  await clock.advance(1)
  expect(await check(token)).toBe('ana')
  expect(host.asked).toBe(2)
})

test('a withdrawn key counts for 10 minutes at most, whatever the time of day', async () => {
  await using host = await startTokenHost()
  const { clock, check } = openKeys(host)
  const token = await host.sign(claims())
  await check(token)
  await host.rotate()
  clock.setTimeOfDay(-60 * MINUTE)
  await clock.advance(10 * MINUTE - 1)
  expect(await check(token)).toBe('ana')
  await clock.advance(1)
  await expect(check(token)).rejects.toThrow('no applicable key')
  expect(await check(await host.sign(claims()))).toBe('ana')
  expect(host.asked).toBe(2)
})

test('many tokens at once make the address be asked once', async () => {
  await using host = await startTokenHost()
  const { check } = openKeys(host)
  const token = await host.sign(claims())
  expect(await Promise.all([check(token), check(token), check(token)])).toEqual(['ana', 'ana', 'ana'])
  expect(host.asked).toBe(1)
})

test('an answer without end is given up after 1 MB', async () => {
  await using host = await startTokenHost()
  const { check } = openKeys(host)
  const token = await host.sign(claims())
  let sent = 0
  function* endless() {
    for (const piece = Buffer.alloc(65_536, ' '); sent < 100_000_000; sent += piece.length) yield piece
  }
  const left = new Promise<void>(resolve => {
    host.answer = response => {
      response.writeHead(200, { 'content-type': 'application/json' })
      pipeline(Readable.from(endless()), response, () => resolve())
    }
  })
  const refused = await check(token).catch(error => error)
  expect(refused).toBeInstanceOf(UnreadableKeys)
  expect(refused.cause.name).toBe('ResponseExceededMaxSizeError')
  await left
  expect(sent).toBeLessThan(50_000_000)
})

test('an address that sends on to another one gives no keys', async () => {
  await using host = await startTokenHost()
  const { check } = openKeys(host)
  const token = await host.sign(claims())
  host.answer = response => response.writeHead(302, { location: host.jwksUrl, connection: 'close' }).end()
  await expect(check(token)).rejects.toThrow(UnreadableKeys)
  expect(host.asked).toBe(1)
})

test('the keys are asked for through the proxy, and its certificate is checked by the file', async () => {
  await using host = await startTokenHost()
  const tls = createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (_, response) => {
    response.end(JSON.stringify({ keys: host.keys }))
  })
  tls.listen(0, '127.0.0.1')
  await once(tls, 'listening')
  await using proxy = await startForwardProxy({ tls: (tls.address() as AddressInfo).port })
  await using folder = await temporaryFolder()
  const caFile = join(folder.path, 'ca.pem')
  await writeFile(caFile, CERTIFICATE)
  const network = { httpsProxy: `http://${proxy.address}`, httpProxy: `http://${proxy.address}`, caFile }
  const token = await host.sign(claims())
  const keys = openKeys({ jwksUrl: 'https://provider.test/jwks.json' }, network)
  expect(await keys.check(token)).toBe('ana')
  expect(proxy.seen).toEqual(['CONNECT provider.test:443'])
  const { caFile: _, ...unknown } = network
  const distrusted = openKeys({ jwksUrl: 'https://provider.test/jwks.json' }, unknown)
  await expect(distrusted.check(token)).rejects.toThrow(UnreadableKeys)
  tls.close()
})

test('keys at an address without TLS never go through a proxy', async () => {
  await using host = await startTokenHost()
  await using proxy = await startForwardProxy({ tls: 1 })
  const { check } = openKeys(host, { httpProxy: `http://${proxy.address}` })
  expect(await check(await host.sign(claims()))).toBe('ana')
  expect(proxy.seen).toEqual([])
})
