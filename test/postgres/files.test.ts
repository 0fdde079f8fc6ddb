import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { startServer } from '../harness/server.ts'
import { beginFile, readBytes, sendPiece } from '../harness/upload.ts'

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

test('each piece of a file may come to another node, and any of them gives the file', async () => {
  await using folder = await temporaryFolder()
  const settings = { DATABASE_URL: await postgres.createDatabase(), FILES_DIR: join(folder.path, 'files') }
  await using first = await startServer({ settings })
  await using second = await startServer({ settings })
  const client = first.client()
  const bytes = Buffer.from('uma linha que se repete\n'.repeat(4000))
  const path = await beginFile(client, { name: 'a.txt', bytes })
  const at = ({ url }: { url: string }) => {
    const other = new TestClient(url)
    other.cookie = client.cookie
    return other
  }
  const pieces = [0, 20_000, 40_000, 60_000, 80_000].map(offset => ({
    offset,
    bytes: bytes.subarray(offset, offset + 20_000),
  }))
  for (const [index, { offset, bytes: piece }] of pieces.entries()) {
    // To both at once: one of them takes it.
    const both = [at(first), at(second)].slice(index % 2 ? 0 : 1)
    const answers = await Promise.all(both.map(each => sendPiece(each, path, offset, piece)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  }
  for (const node of [first, second]) {
    const { body } = await at(node).get(`${path}/details`)
    expect(body.file).toMatchObject({ state: 'ready', size: bytes.length })
    expect((await readBytes(at(node), path)).bytes.equals(bytes)).toBe(true)
  }
})
