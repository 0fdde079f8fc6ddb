import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../../test/harness/folder.ts'
import { createFileThread } from './fileThread.ts'

/** Answers each work with its name. Dies of `rewrite`, and ends with `truncate-log`. */
const MORTAL = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ what }) => {
    if (what === 'rewrite') throw new Error('dead')
    if (what === 'truncate-log') process.exit(1)
    parentPort.postMessage({ result: what })
  })
`)}`,
)

test('a thread that dies fails the work under way alone, and another one does the next', async () => {
  const thread = createFileThread('unused.db', MORTAL)
  const works = [
    thread.do({ what: 'move-log' }),
    thread.do({ what: 'rewrite' }),
    thread.do({ what: 'move-log' }),
    thread.do({ what: 'truncate-log' }),
    thread.do({ what: 'move-log' }),
  ]
  expect(await Promise.allSettled(works)).toMatchObject([
    { value: 'move-log' },
    { reason: { message: 'dead' } },
    { value: 'move-log' },
    { reason: { message: 'the thread of the database file ended' } },
    { value: 'move-log' },
  ])
  await thread.close()
})

/** Moves the log and waits for its readers as long as it takes, so that nobody else can move it. */
const HOLDER = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { DatabaseSync } from 'node:sqlite'
  import { parentPort, workerData } from 'node:worker_threads'
  parentPort.on('message', () => {
    const sqlite = new DatabaseSync(workerData, { timeout: 60_000 })
    parentPort.postMessage({ result: sqlite.prepare('pragma wal_checkpoint(restart)').get() })
    sqlite.close()
  })
`)}`,
)

test('a log that another process reads or moves is told as held, however much of it is in the file', async () => {
  await using folder = await temporaryFolder()
  const file = `${folder.path}/riacho.db`
  const writer = new DatabaseSync(file)
  writer.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (x)')
  const reader = new DatabaseSync(file)
  const thread = createFileThread(file)
  const holder = createFileThread(file, HOLDER)
  const restart = { what: 'restart-log', waits: false, truncates: false } as const
  try {
    reader.exec('begin; select * from t')
    const log = { bytes: 2 * (4096 + 24), isHeld: false }
    expect(await thread.do({ what: 'move-log' })).toEqual(log)
    expect(await thread.do(restart)).toEqual({ ...log, isHeld: true })
    const held = holder.do({ what: 'move-log' })
    await expect
      .poll(() => thread.do({ what: 'move-log' }), { interval: 1, timeout: 20_000 })
      .toMatchObject({ isHeld: true })
    reader.exec('commit')
    await held
    expect(await thread.do(restart)).toEqual(log)
    expect(await thread.do({ ...restart, truncates: true })).toEqual({ bytes: 0, isHeld: false })
  } finally {
    await Promise.all([thread.close(), holder.close()])
    reader.close()
    writer.close()
  }
})
