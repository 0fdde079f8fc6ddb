import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { runStart, silentLogger } from '../../../test/harness/log.ts'
import { createScriptedStore } from '../../../test/harness/runStores.ts'
import { RiachoError } from '../../protocol/errors.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import { firstEvents } from '../log/storedLog.ts'
import { createActiveRuns } from './activeRuns.ts'
import type { Kept, MadeFile } from './fileKeeper.ts'
import type { ProviderChunk } from './provider.ts'

const REQUEST = { model: 'm', instructions: '', history: [], locale: 'en', pictures: true } as const
const data = (text: string, isLast: boolean, picture = 0): ProviderChunk => ({
  type: 'picture-data',
  picture,
  data: Buffer.from(text).toString('base64'),
  isLast,
})
const START: ProviderChunk = { type: 'picture-start', picture: 0 }
const say = (content: string): ProviderChunk => ({ type: 'text-delta', content })

const stored = ({ fileId, name }: MadeFile): Kept => ({
  file: {
    type: 'image',
    fileId,
    name: `${name}.jpg`,
    mediaType: 'image/jpeg',
    size: 1,
    width: 2,
    height: 3,
  },
})

function setUp(chunks: readonly (ProviderChunk | Error)[], { hasKeeper = true } = {}) {
  const clock = createFakeClock()
  const store = createScriptedStore()
  const window = new CommitWindow({ store, clock, logger: silentLogger, windowMs: 25 })
  const kept: { made: MadeFile; answer: (kept: Kept) => void }[] = []
  let ids = 0
  const runs = createActiveRuns({
    provider: {
      name: 'scripted',
      async *generate() {
        for (const chunk of chunks) {
          if (chunk instanceof Error) throw chunk
          yield chunk
        }
      },
    },
    window,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    maxAttempts: 1,
    maxReplyLength: 100_000,
    ...(hasKeeper && {
      keeper: {
        createId: () => `file-${++ids}`,
        mostBytes: 100,
        keep(made) {
          const { promise, resolve } = Promise.withResolvers<Kept>()
          kept.push({ made, answer: resolve })
          return promise
        },
      },
    }),
  })
  const start = runStart()
  const run = runs
    .prepare({ ownerId: 'owner-1', start, startedAt: clock.now(), stored: firstEvents(start) })
    .start({ request: REQUEST })
  const log = runs.log(start.runId)
  const settle = async () => {
    for (let turn = 0; turn < 40; turn++) await clock.advance(10)
  }
  /** Those of the stored message. */
  const storedParts = () =>
    store.commits.flatMap(({ writes }) => writes.flatMap(({ end }) => end?.parts ?? []))
  return { clock, kept, run, parts: () => log?.parts ?? [], storedParts, settle }
}

test('text that follows a picture is shown while the picture is stored, and the end waits for it', async () => {
  const { kept, run, parts, settle } = setUp([START, data('a', true), say('Aqui.')])
  await settle()
  expect(parts()).toMatchObject([
    { type: 'image', status: 'drawing', version: 0, name: 'picture-1' },
    { type: 'text', text: 'Aqui.' },
  ])
  expect(run.state).toBe('streaming')
  for (const { made, answer } of kept) answer(stored(made))
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(parts()).toMatchObject([
    { type: 'image', name: 'picture-1.jpg', size: 1, width: 2, height: 3, version: 1 },
    { type: 'text' },
  ])
  expect(parts()[0]).not.toHaveProperty('status')
})

test('of previews that come while one is stored none is stored, and the picture replaces the one', async () => {
  const { kept, run, parts, settle } = setUp([
    START,
    data('a', false),
    data('b', false),
    data('c', true),
    data('d', true),
  ])
  await settle()
  expect(kept.map(({ made }) => Buffer.from(made.bytes).toString())).toEqual(['a'])
  kept[0]?.answer(stored(kept[0].made))
  await settle()
  expect(kept.map(({ made }) => [Buffer.from(made.bytes).toString(), made.replaces])).toEqual([
    ['a', false],
    ['c', true],
  ])
  kept[1]?.answer(stored(kept[1].made))
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(parts()).toMatchObject([{ type: 'image', version: 2 }])
  expect(kept).toHaveLength(2)
})

test('a store that does not answer holds the end up for 30 s, and the reply says what is wrong', async () => {
  const { clock, run, parts, settle } = setUp([START, data('a', true), say('Aqui.')])
  await settle()
  await clock.advance(29_000)
  expect(run.state).toBe('streaming')
  await clock.advance(1000)
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(parts()).toMatchObject([{ status: 'failed', code: 'STORAGE_UNAVAILABLE' }, { text: 'Aqui.' }])
})

test('a picture that was drawn before the provider failed is stored', async () => {
  const { kept, run, parts, settle } = setUp([
    START,
    data('a', true),
    new RiachoError('UPSTREAM_TRUNCATED', 'cut'),
  ])
  await settle()
  kept[0]?.answer(stored(kept[0].made))
  await settle()
  expect(await run.ended).toMatchObject({ status: 'failed', code: 'UPSTREAM_TRUNCATED' })
  expect(parts()).toMatchObject([{ type: 'image', version: 1 }])
})

test('stopping waits for no picture', async () => {
  const { kept, run, storedParts, settle } = setUp([START, data('a', true)])
  await settle()
  const stopped = run.stop()
  await settle()
  expect(await stopped).toMatchObject({ status: 'stopped' })
  kept[0]?.answer(stored(kept[0].made))
  await settle()
  expect(storedParts()).toMatchObject([{ type: 'image', version: 0, status: 'unfinished' }])
})

test.each([
  ['too large', [START, data('x'.repeat(200), true)], { status: 'failed', code: 'FILE_TOO_LARGE' }],
  ['never sent', [START, say('Não deu.')], { status: 'unfinished', version: 0 }],
])('a picture that is %s is never stored, and the reply says so', async (_, chunks, picture) => {
  const { kept, run, storedParts, settle } = setUp(chunks)
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(kept).toEqual([])
  expect(storedParts()[0]).toMatchObject(picture)
})

test('without a place for files pictures are left out', async () => {
  const { run, parts, settle } = setUp([START, data('a', true), say('Oi')], { hasKeeper: false })
  await settle()
  expect(await run.ended).toMatchObject({ status: 'completed' })
  expect(parts()).toMatchObject([{ type: 'text', text: 'Oi' }])
})

test('of many pictures the first ten are made', async () => {
  const chunks = Array.from(
    { length: 12 },
    (_, picture): ProviderChunk => ({ type: 'picture-start', picture }),
  )
  const { run, parts, settle } = setUp(chunks)
  await settle()
  await run.ended
  expect(parts().map(part => part.type === 'image' && part.name)).toEqual(
    Array.from({ length: 10 }, (_, at) => `picture-${at + 1}`),
  )
})
