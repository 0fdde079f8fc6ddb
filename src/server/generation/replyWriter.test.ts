import { expect, test } from 'vitest'
import { createFakeClock } from '../../../test/harness/fakeClock.ts'
import { runStart, silentLogger } from '../../../test/harness/log.ts'
import { createScriptedStore } from '../../../test/harness/runStores.ts'
import { RiachoError } from '../../protocol/errors.ts'
import type { Part } from '../../protocol/parts.ts'
import { CommitWindow } from '../log/commitWindow.ts'
import { firstEvents } from '../log/storedLog.ts'
import { createActiveRuns } from './activeRuns.ts'
import { markOf } from './documents.ts'
import type { ProviderMessage } from './provider.ts'
import type { Run } from './run.ts'

const FILE = {
  id: '1',
  type: 'document',
  fileId: '019a0000-0000-7000-8000-000000abcdef',
  name: 'a.pdf',
  mediaType: 'application/pdf',
  size: 1,
} as const
const MARK = markOf(FILE)
const SEARCH: Part = {
  id: '1',
  type: 'tool',
  callId: 'c',
  tool: 'document_search',
  step: 1,
  arguments: '{}',
  status: 'completed',
  attempt: 1,
  content: `[${MARK}:4] a.pdf, passage 4\ntexto`,
}
const HISTORY: readonly ProviderMessage[] = [
  { role: 'user', parts: [FILE] },
  { role: 'assistant', parts: [SEARCH] },
  { role: 'user', parts: [] },
]

interface Acts {
  ends?: Promise<void>
  act?: (run: Run) => void
  maxReplyLength?: number
}

const NEVER = new Promise<never>(() => {})

/** What is stored of a reply about a document: its text, and how many sources it has. `ends` ends it after these pieces. */
async function written(pieces: readonly string[], { ends = NEVER, act, maxReplyLength = 1000 }: Acts = {}) {
  const clock = createFakeClock()
  const store = createScriptedStore()
  const runs = createActiveRuns({
    provider: {
      name: 'scripted',
      async *generate() {
        for (const content of pieces) yield { type: 'text-delta', content }
        await ends
      },
    },
    window: new CommitWindow({ store, clock, logger: silentLogger, windowMs: 1 }),
    clock,
    logger: silentLogger,
    random: () => 0,
    maxAttempts: 1,
    maxReplyLength,
  })
  const start = runStart()
  const request = { model: 'test-model', instructions: '', history: HISTORY, locale: 'en' } as const
  const run = runs
    .prepare({ ownerId: 'owner-1', start, startedAt: 0, stored: firstEvents(start) })
    .start({ request })
  await clock.advance(10)
  act?.(run)
  await clock.advance(10)
  const end = store.commits.flatMap(({ writes }) => writes).find(write => write.end)?.end
  const parts = end?.parts ?? []
  return {
    status: end?.event.status,
    text: parts.map(part => (part.type === 'text' ? part.text : '')).join(''),
    sources: parts.filter(({ type }) => type === 'source').length,
  }
}

const stop = (run: Run) => void run.stop()

test.each(['[', `[${MARK.slice(0, 3)}`, `【 ${MARK}:4, ${MARK}`, `[${MARK}:4; ${'0'.repeat(60)}`])(
  'a reply that is stopped in the middle of a citation ends with all that came: %s',
  async begun => {
    const pieces = ['Segundo o texto ', begun]
    expect(await written(pieces, { act: stop })).toEqual({
      status: 'stopped',
      text: `Segundo o texto ${begun}`,
      sources: 0,
    })
  },
)

test('a reply that is stopped after a citation has its source', async () => {
  const reply = await written([`Sim [${MARK}:4]`], { act: stop })
  expect(reply).toEqual({ status: 'stopped', text: 'Sim [1]', sources: 1 })
})

test('a reply that fails in the middle of a citation ends with all that came', async () => {
  const ends = Promise.reject(new RiachoError('UPSTREAM_TRUNCATED'))
  ends.catch(() => {})
  expect(await written(['Sim [0', '12'], { ends })).toEqual({
    status: 'failed',
    text: 'Sim [012',
    sources: 0,
  })
})

test('a reply that is cut off at its longest length has the sources of its text, and nothing after the cut', async () => {
  const pieces = [`Sim [${MARK}:4].`, `${'a'.repeat(100)}[${MARK}`]
  const reply = await written(pieces, { maxReplyLength: 50 })
  expect(reply).toEqual({ status: 'failed', text: `Sim [1].${'a'.repeat(42)}`, sources: 1 })
})
