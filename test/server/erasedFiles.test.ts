import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { finished } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock } from '../harness/shiftedClock.ts'
import { onPostgres } from '../harness/testDatabase.ts'
import { beginFile, sendPiece, uploadFile } from '../harness/upload.ts'
import { wordsInFiles } from '../proof/wordsInFiles.ts'

/** A rewriting waits for 10 s without a run, and the server looks every 5 s. */
const SOON = 15_000
const WORDS = [
  'xqjabuticabeira',
  'xqpitangueira',
  'xqcajazeira',
  'xqmangabeira',
  'xqgoiabeira',
  'xqumbuzeiro',
]

test.skipIf(onPostgres)('after an erasure no file of the server has a word of the files', async () => {
  await using folder = await temporaryFolder()
  const clock = createShiftedClock()
  await using server = await startServer({ folder, clock })
  const client = server.client()
  const [named, sent, left, partly, searched, section] = WORDS
  const file = await uploadFile(client, { name: `${named}.txt`, bytes: Buffer.from(`Era a ${sent}.`) })
  await finished(client, { content: 'Leia', attachments: [{ fileId: file.fileId }] })
  await uploadFile(client, { name: 'b.txt', bytes: Buffer.from(left ?? '') })
  const passages = `# ${section}\n${`O rio corre para o mar. ${searched}.\n`.repeat(9000)}`
  const document = await uploadFile(client, { name: 'd.md', bytes: Buffer.from(passages) })
  await finished(client, { content: 'Procure', attachments: [{ fileId: document.fileId }] })
  const rows = () =>
    server.rows('select count(*) as number from passages union all select count(*) from passage_words')
  expect((await rows()).every(({ number }) => Number(number) > 0)).toBe(true)
  const long = Buffer.from(`${partly} `.repeat(4000))
  const path = await beginFile(client, { name: 'c.txt', bytes: long })
  await sendPiece(client, path, 0, long.subarray(0, 30_000))
  const store = join(folder.path, 'files')
  const stored = () =>
    readdirSync(store, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
  expect(WORDS.slice(1).filter(word => stored().some(text => text.includes(word)))).toEqual(WORDS.slice(1))
  expect((await client.call('DELETE', '/api/chat/owner')).status).toBe(204)
  expect(stored()).toEqual([])
  expect((await rows()).map(({ number }) => number)).toEqual([0, 0])
  clock.shift(SOON / 3)
  clock.shift(SOON)
  const marks = () => server.rows(`select value from settings where key = 'rewrite_due_since'`)
  await expect.poll(marks, { timeout: 20_000 }).toEqual([])
  expect(wordsInFiles(server.databaseFile, WORDS)).toEqual([])
})
