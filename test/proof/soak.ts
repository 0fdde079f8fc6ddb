import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createRandom } from '../harness/random.ts'
import { startProcess, type TestProcess, temporaryFolder } from '../harness/server.ts'
import { countedTokens, createUpstream } from '../upstream/upstream.ts'
import { violationsOf } from './check.ts'
import { type Talk, talk } from './talker.ts'

const NODE_ARGS = ['--expose-gc', '--import', join(import.meta.dirname, 'gcOnSignal.ts')]

export interface Sample {
  heapBytes: number
  openFiles: number
  activeResources: number
  readers: number
  activeRuns: number
}

export interface Soak {
  talks: number
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
  const tokens = countedTokens(60)
  upstream.reply({ tokens, delayMs: 20 })
  await using server = await startProcess({ upstream, folder, nodeArgs: NODE_ARGS })
  const owner = server.client()
  await owner.get('/api/chat/conversations')
  const address = { client: () => server.client(), up: () => Promise.resolve() }
  const talks: Talk[] = []

  const talkFor = async (minutes: number) => {
    const until = performance.now() + minutes * 60_000
    await Promise.all(
      Array.from({ length: options.conversations }, async () => {
        const own = random.fork()
        while (performance.now() < until) {
          const cookie = owner.cookie ?? ''
          talks.push(
            await talk({
              address,
              cookie,
              random: own,
              readers: own.integer(2),
              cutChance: 0.02,
              stopChance: 0.2,
            }),
          )
          await delay(own.integer(500))
        }
      }),
    )
  }
  await talkFor(options.minutes * 0.1)
  const before = await sampleOf(server)
  await talkFor(options.minutes * 0.9)
  const after = await sampleOf(server)
  const violations = violationsOf({
    talks,
    requests: upstream.requests,
    fullText: tokens.join(''),
    databaseFile: `${folder.path}/riacho.db`,
  })
  return { talks: talks.length, violations, before, after }
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
