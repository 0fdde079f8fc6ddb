import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import S3rver from 's3rver'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBucket } from '../../src/backup/bucket.ts'
import { createFaultProxy } from '../harness/faultProxy.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { freePort } from '../harness/freePort.ts'
import { startServer } from '../harness/server.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'src', 'backup', 'main.ts')
/** What the server of the test knows. */
const KEYS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }

/** How the server of the test ends the name of the file that has an object. */
const OBJECT = '._S3rver_object'
/** Made before the tests, because whoever stores them keeps a connection. */
const OLD = [
  ...['20201129T033000Z', '20201130T033000Z', '20201201T033000Z']
    .map(time => `so-many/riacho-${time}.db`)
    .flatMap(name => [name, `${name}.sha256`]),
  'so-many/notes.db',
  'killed/riacho-20201129T033000Z.db',
]

let folder: TestFolder
let server: S3rver
let port: number

beforeAll(async () => {
  folder = await temporaryFolder()
  server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: join(folder.path, 'buckets'),
    configureBuckets: [{ name: 'copies', configs: [] }],
  })
  port = (await server.run()).port
  const bucket = openBucket('s3://copies', { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` })
  for (const name of OLD) await bucket.uploadText('old', name)
})

afterAll(async () => {
  await server.close()
  await folder[Symbol.asyncDispose]()
})

function startCommand(args: readonly string[], { file, env = {} }: { file: string; env?: object }) {
  return spawn(process.execPath, [PROGRAM, ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: `file:${file}`,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      ...KEYS,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs the command, as `npm run backup` and `npm run restore` do. */
async function command(
  args: readonly string[],
  options: { file: string; env?: object },
): Promise<{ code: number | null; output: string }> {
  const child = startCommand(args, options)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

/** The names in a folder of the bucket, as the server has them on its disk. */
function namesIn(place: string): string[] {
  return readdirSync(join(folder.path, 'buckets', place.slice('s3://'.length)))
    .filter(name => name.endsWith(OBJECT))
    .map(name => name.slice(0, -OBJECT.length))
    .toSorted()
}

/** A database whose title is `new` in its copy in the bucket, and `old` later. */
async function stored(place: string, { path }: TestFolder) {
  const file = join(path, 'riacho.db')
  const titled = (title: string) => {
    const database = new DatabaseSync(file)
    database.exec(`insert or replace into settings (key, value) values ('title', '${title}')`)
    database.close()
  }
  titled('new')
  const { code, output } = await command(['backup', place], { file })
  titled('old')
  return { file, code, output }
}

function titleIn(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true })
  const row = database.prepare("select value from settings where key = 'title'").get()
  database.close()
  return row?.['value']
}

test('a copy goes into a bucket and comes back from it, and nothing of it stays beside the database', async () => {
  await using own = await temporaryFolder()
  {
    await using _server = await startServer({ folder: own })
  }
  const place = 's3://copies/there-and-back'
  const { file, code, output } = await stored(place, own)
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^s3:\/\/copies\/there-and-back\/riacho-\d{8}T\d{6}Z\.db \(.* MB\), verified\n$/),
  ])
  const [copy = '', sum] = namesIn(place)
  expect(sum).toBe(`${copy}.sha256`)
  const restored = await command(['restore', `${place}/${copy}`], { file })
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining(`is ${place}/${copy} now.`)])
  expect(titleIn(file)).toBe('new')
  expect(readdirSync(own.path).filter(name => /upload|download/.test(name))).toEqual([])
  await using _again = await startServer({ folder: own })
})

test('only so many copies stay in a bucket, and other files are left alone', async () => {
  await using own = await temporaryFolder()
  const place = 's3://copies/so-many'
  {
    await using _server = await startServer({ folder: own })
  }
  const { code, output } = await command(['backup', `${place}/`, '--keep', '2'], {
    file: join(own.path, 'riacho.db'),
  })
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/removed \S+20201129T033000Z\.db\nremoved \S+20201130T033000Z\.db\n$/),
  ])
  const names = namesIn(place)
  expect(names).toHaveLength(5)
  expect(names).toEqual(expect.arrayContaining(['notes.db', 'riacho-20201201T033000Z.db.sha256']))
})

test('a backup that is killed while it uploads leaves no copy, and the next one removes what it left', async () => {
  await using own = await temporaryFolder()
  await using link = await createFaultProxy(port)
  const place = 's3://copies/killed'
  {
    await using _server = await startServer({ folder: own })
  }
  const file = join(own.path, 'riacho.db')
  const child = startCommand(['backup', place], { file, env: { AWS_ENDPOINT_URL: link.url } })
  await link.connection(0)
  link.set({ latency: 400 })
  await expect.poll(() => readdirSync(own.path).some(name => /^to-upload.*\.db$/.test(name))).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(namesIn(place).filter(name => name.endsWith('.sha256'))).toEqual([])

  // What was uploaded without its checksum is no copy.
  const half = 'riacho-20201129T033000Z.db'
  const refused = await command(['restore', `${place}/${half}`], { file })
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('has no checksum beside it')])

  expect((await command(['backup', place], { file })).code).toBe(0)
  expect(readdirSync(own.path).filter(name => name.startsWith('to-upload'))).toEqual([])
})

test('a bucket that cannot be used is named in one sentence, without a key', async () => {
  await using own = await temporaryFolder()
  const file = join(own.path, 'riacho.db')
  writeFileSync(file, '')
  const wrong: [args: string[], env: object, said: RegExp][] = [
    [['backup', 's3://'], {}, /names no bucket/],
    [['backup', 's3://copies'], { AWS_SECRET_ACCESS_KEY: '' }, /needs AWS_ACCESS_KEY_ID and AWS_SECRET/],
    [['backup', 's3://copies'], { AWS_ACCESS_KEY_ID: 'NOT-IT' }, /InvalidAccessKeyId \(403\)/],
    [['backup', 's3://nowhere'], {}, /NoSuchBucket \(404\)/],
    [['backup', 's3://copies'], { AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` }, /ECONNREFUSED/],
    [['backup', 's3://copies'], { AWS_ENDPOINT_URL: 'nonsense:' }, /cannot be used/],
    [['restore', 's3://copies/x'], {}, /s3:\/\/copies\/x does not exist/],
    [['restore', 's3://copies/'], {}, /names no copy/],
  ]
  for (const [args, env, said] of wrong) {
    const { code, output } = await command(args, { file, env })
    expect([code, output]).toEqual([1, expect.stringMatching(said)])
    expect(output.trimEnd().split('\n')).toHaveLength(1)
    expect(output).not.toMatch(/S3RVER|NOT-IT/)
  }
})
