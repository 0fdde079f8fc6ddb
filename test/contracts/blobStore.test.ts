import { once } from 'node:events'
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import S3rver from 's3rver'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BlobStore, readWhole } from '../../src/server/files/blobStore.ts'
import { createBlobStore } from '../../src/server/files/createBlobStore.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'

let folder: TestFolder
let s3: S3rver
let port: number
let count = 0

beforeAll(async () => {
  folder = await temporaryFolder()
  const directory = join(folder.path, 'buckets')
  const configureBuckets = [{ name: 'files', configs: [] }]
  s3 = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets })
  port = (await s3.run()).port
  // So that nobody who asks keeps a connection when a test is over. The types of the package leave the server out.
  const { httpServer } = s3 as S3rver & { httpServer: Server }
  httpServer.maxRequestsPerSocket = 1
})

afterAll(async () => {
  await s3.close()
  await folder[Symbol.asyncDispose]()
})

const bucket = (to: number) => ({
  bucket: 'files',
  folder: `${count++}/`,
  endPoint: `http://127.0.0.1:${to}`,
  region: 'us-east-1',
  accessKey: 'S3RVER',
  secretKey: 'S3RVER',
})

const STORES: Record<string, () => BlobStore> = {
  'a folder': () => createBlobStore({ folder: join(folder.path, `${count++}`) }),
  'a bucket': () => createBlobStore({ bucket: bucket(port) }),
}

async function namesOf(store: BlobStore, name: string): Promise<string[]> {
  const names: string[] = []
  for await (const each of store.names(name)) names.push(each)
  return names.toSorted()
}

const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index % 251))

describe.each(Object.entries(STORES))('%s', (_, open) => {
  test('gives the bytes that it was given, of any length', async () => {
    const store = open()
    for (const length of [0, 1, 70_000, 2 ** 21 + 1]) {
      await store.put(`files/ab/${length}`, bytesOf(length))
      expect((await readWhole(store, `files/ab/${length}`))?.equals(bytesOf(length))).toBe(true)
    }
  })

  test('knows nothing of a name that was never given, or that went', async () => {
    const store = open()
    expect(await store.get('files/ab/none')).toBeUndefined()
    await store.put('files/ab/one', bytesOf(3))
    await store.remove('files/ab/one')
    expect(await store.get('files/ab/one')).toBeUndefined()
    await store.remove('files/ab/one')
    await store.remove('nothing/here/')
  })

  test('lists a folder, and removes all of it and nothing besides', async () => {
    const store = open()
    const names = ['pieces/a/0-x', 'pieces/a/1-y', 'pieces/ab/0-z', 'files/cd/e.1']
    expect(await namesOf(store, 'pieces/')).toEqual([])
    for (const name of names) await store.put(name, bytesOf(2))
    expect(await namesOf(store, 'pieces/')).toEqual(names.slice(0, 3))
    await store.remove('pieces/a/')
    expect(await namesOf(store, 'pieces/')).toEqual(['pieces/ab/0-z'])
    expect(await namesOf(store, 'files/')).toEqual(['files/cd/e.1'])
    await store.tidy()
    expect(await namesOf(store, 'files/')).toEqual(['files/cd/e.1'])
  })
})

test('a folder shows nothing half written, is its owner’s alone, and loses what killed writes left', async () => {
  const path = join(folder.path, `${count++}`)
  const store = createBlobStore({ folder: path })
  await store.put('files/ab/one', bytesOf(3))
  expect(statSync(join(path, 'files/ab/one')).mode & 0o777).toBe(0o600)
  expect(statSync(join(path, 'files')).mode & 0o777).toBe(0o700)
  const left = join(path, 'unfinished', 'left')
  writeFileSync(left, 'x')
  await store.tidy()
  expect(readdirSync(join(path, 'unfinished'))).toEqual(['left'])
  const before = Date.now() / 1000 - 2 * 60 * 60
  utimesSync(left, before, before)
  await store.tidy()
  expect(readdirSync(join(path, 'unfinished'))).toEqual([])
})

test('a store that cannot be used says so', async () => {
  const path = join(folder.path, `${count++}`)
  writeFileSync(path, '')
  for (const store of [createBlobStore({ folder: path }), createBlobStore({ bucket: bucket(1) })]) {
    const failed = { code: 'STORAGE_UNAVAILABLE' }
    await expect(store.put('files/ab/one', bytesOf(1))).rejects.toMatchObject(failed)
    await expect(store.get('files/ab/one')).rejects.toMatchObject(failed)
  }
})

test('a bucket is asked for bytes by the first read, and a cut in the middle of them says so', async () => {
  const methods: string[] = []
  const server = createServer(({ method = '' }, response) => {
    methods.push(method)
    response.writeHead(200, {
      'content-length': '70000',
      'last-modified': new Date(0).toUTCString(),
      etag: '"a"',
    })
    if (method === 'HEAD') response.end()
    else response.write(bytesOf(1000), () => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  await using _ = server
  const store = createBlobStore({ bucket: bucket((server.address() as AddressInfo).port) })
  const found = await store.get('files/ab/one')
  expect(methods).toEqual(['HEAD'])
  const read = async () => {
    for await (const piece of found ?? []) expect(piece.length).toBeLessThanOrEqual(1000)
  }
  await expect(read()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
  expect(methods).toEqual(['HEAD', 'GET'])
})
