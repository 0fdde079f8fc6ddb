import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '../harness/folder.ts'
import { createRandom } from '../harness/random.ts'
import { startProcess, type TestProcess } from '../harness/server.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { CALLS } from './calls.ts'
import { violationsInFile } from './check.ts'
import { History, time } from './history.ts'
import { createScript } from './script.ts'
import { Talker } from './talker.ts'

const NODE_ARGS = ['--expose-gc', '--import', join(import.meta.dirname, 'preloads', 'gcOnSignal.ts')]

/** Calls whose work does not grow with what is stored, because a soak stores a hundred thousand messages. */
const ROUTES = new Set([
  'POST /api/chat/send',
  'POST /api/chat/runs',
  'GET /api/chat/runs/:runId/events',
  'POST /api/chat/runs/:runId/stop',
  'GET /api/chat/conversations/:id',
  'PATCH /api/chat/conversations/:id',
  'POST /api/chat/conversations/:id/title',
  'PUT /api/chat/messages/:id/feedback',
])
const KINDS = CALLS.filter(({ route }) => ROUTES.has(route))
/** A person begins as a new owner after so many calls. */
const CALLS_EACH = 10

export interface Sample {
  heapBytes: number
  openFiles: number
  activeResources: number
  readers: number
  activeRuns: number
}

export interface Soak {
  runs: number
  violations: string[]
  /** Before: when the server is warm. After: when everybody has left. */
  before: Sample
  after: Sample
}

/**
 * `conversations` people talk at once for `minutes`. They reconnect, stop, send twice, and read along. Compares what
 * the server holds when they have left with what it held after the first tenth of the time, when nobody was there
 * either.
 */
export async function soak(options: { minutes: number; conversations: number; seed: number }): Promise<Soak> {
  const random = createRandom(options.seed)
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const script = createScript({
    api: 'responses',
    background: false,
    failures: 0,
    maxDelay: 40,
    maxTokens: 60,
    padding: 0,
  })
  upstream.reply(script.answer)
  await using server = await startProcess({ upstream, folder, nodeArgs: NODE_ARGS })
  const address = { client: () => server.client(), up: () => Promise.resolve(), lived: time }
  const history = new History()

  const talkFor = async (minutes: number) => {
    const until = performance.now() + minutes * 60_000
    await Promise.all(
      Array.from({ length: options.conversations }, async () => {
        const own = random.fork()
        while (performance.now() < until) {
          const person = new Talker({ address, history, random: own, cutChance: 0.02, maxReaders: 1 })
          await person.live({ kinds: KINDS, calls: CALLS_EACH, tabs: 1 })
          await delay(own.integer(500))
        }
      }),
    )
  }
  await talkFor(options.minutes * 0.1)
  const before = await sampleOf(server)
  await talkFor(options.minutes * 0.9)
  const after = await sampleOf(server)
  const databaseFile = join(folder.path, 'riacho.db')
  const violations = await violationsInFile({ history, asked: script.asked }, databaseFile)
  return { runs: history.runs.size, violations, before, after }
}

/** Measures after everybody has left. What is still open a moment later stays open. */
async function sampleOf(server: TestProcess): Promise<Sample> {
  await delay(1000)
  for (let collection = 0; collection < 3; collection++) {
    server.child.kill('SIGUSR2')
    await delay(200)
  }
  const { text } = await server.client().get('/metrics')
  const metric = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
  return {
    heapBytes: metric('nodejs_heap_size_used_bytes'),
    openFiles: metric('process_open_fds'),
    activeResources: metric('nodejs_active_resources_total'),
    readers: metric('riacho_readers'),
    activeRuns: metric('riacho_active_runs'),
  }
}

/**
 * What the server holds more of than before. A heap that grew by less than a tenth, or by less than 4 MB, counts as the
 * same.
 */
export function growthOf({ before, after }: Soak): string[] {
  const grown: string[] = []
  if (Object.values({ ...before, ...after }).some(Number.isNaN)) grown.push('a figure is missing')
  if (after.readers > 0) grown.push(`${after.readers} readers that have left`)
  if (after.activeRuns > 0) grown.push(`${after.activeRuns} runs that are active`)
  const heapLimit = Math.max(before.heapBytes * 1.1, before.heapBytes + 4_000_000)
  if (after.heapBytes > heapLimit) grown.push(`heap: ${before.heapBytes} to ${after.heapBytes} bytes`)
  if (after.openFiles > before.openFiles) grown.push(`open files: ${before.openFiles} to ${after.openFiles}`)
  if (after.activeResources > before.activeResources) {
    grown.push(`active resources: ${before.activeResources} to ${after.activeResources}`)
  }
  return grown
}
