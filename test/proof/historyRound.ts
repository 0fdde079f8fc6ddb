import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createRandom, type Random } from '../harness/random.ts'
import { startServer, temporaryFolder } from '../harness/server.ts'
import { countedTokens, createUpstream, type Reply } from '../upstream/upstream.ts'
import { violationsOf } from './check.ts'
import type { Round } from './rounds.ts'
import { talk } from './talker.ts'

const TALKS = 8
const ENDINGS = [
  'complete',
  'complete',
  'complete',
  'eof',
  'reset',
  'error',
  'failed',
  'output-limit',
  'malformed',
] as const

/**
 * Plays one round of the history checker. Many clients talk at once to a server that never dies. Connections are cut,
 * POSTs are repeated, runs are stopped, and the provider fails in its usual ways. Then the round compares what the
 * clients saw with what is stored.
 */
export async function historyRound(seed: number): Promise<Round> {
  const random = createRandom(seed)
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const tokens = countedTokens(5 + random.integer(80))
  upstream.reply(() => replyOf(random, tokens))
  const windowMs = random.pick([1, 5, 25, 60])
  await using server = await startServer({
    upstream,
    folder,
    settings: { COMMIT_WINDOW_MS: String(windowMs) },
  })
  const owner = server.client()
  await owner.get('/api/chat/conversations')
  const address = { client: () => server.client(), up: () => Promise.resolve() }
  const talks = await Promise.all(
    Array.from({ length: TALKS }, async () => {
      const own = random.fork()
      await delay(own.integer(60))
      return talk({
        address,
        cookie: owner.cookie ?? '',
        random: own,
        readers: own.integer(4),
        cutChance: own.pick([0, 0.05, 0.3]),
        stopChance: 0.2,
      })
    }),
  )
  const violations = violationsOf({
    talks,
    requests: upstream.requests,
    fullText: tokens.join(''),
    databaseFile: join(folder.path, 'riacho.db'),
  })
  return { seed, what: `window ${windowMs} ms, ${tokens.length} tokens`, talks: talks.length, violations }
}

function replyOf(random: Random, tokens: readonly string[]): Reply {
  return {
    tokens,
    ending: random.pick(ENDINGS),
    delayMs: random.integer(4),
    noise: random.chance(0.3),
    chunkBytes: random.chance(0.2) ? 1 + random.integer(40) : 65_536,
  }
}
