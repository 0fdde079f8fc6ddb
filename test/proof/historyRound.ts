import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeAssistant } from '../harness/assistantFolder.ts'
import { type TestFolder, temporaryFolder } from '../harness/folder.ts'
import { createRandom, type Random } from '../harness/random.ts'
import { startServer } from '../harness/server.ts'
import { createShiftedClock, type ShiftedClock } from '../harness/shiftedClock.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { CALLS } from './calls.ts'
import { violationsInFile } from './check.ts'
import { interview } from './checks/interview.ts'
import { REACTIONS } from './draws/reacting.ts'
import { History, time } from './history.ts'
import { ledgerTools, readLedger } from './ledger.ts'
import type { Round } from './rounds.ts'
import { createScript, type ScriptOptions } from './script.ts'
import { Talker } from './talker.ts'

const MINUTE = 60_000
const OWNERS = 3

/**
 * Plays one round of the history checker. Some people draw calls at once from a server that never dies. Connections are
 * cut, the clock jumps, and the provider fails in its usual ways. Then the round compares what they saw with what is
 * stored, and asks the server for everything.
 */
export async function historyRound(seed: number): Promise<Round> {
  const random = createRandom(seed)
  const history = new History()
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const { settings, options } = await withAssistant(settingsFor(random), folder)
  const script = createScript(options)
  upstream.reply(script.answer)
  const clock = createShiftedClock()
  const ledgerFile = join(folder.path, 'ledger')
  const tools = hasTools(options) ? ledgerTools(ledgerFile) : []
  await using server = await startServer({ upstream, folder, settings, clock, tools })
  const address = { client: () => server.client(), up: () => Promise.resolve(), lived: time }
  const people = Array.from({ length: OWNERS }, () => {
    const own = random.fork()
    const cutChance = own.pick([0, 0.05, 0.3])
    return new Talker({ address, history, random: own, cutChance, maxReaders: 2, ...REACTIONS })
  })
  const quiet = new AbortController()
  const jumping = random.chance(0.4)
    ? jump(clock, { history, random: random.fork(), quiet: quiet.signal })
    : undefined
  await Promise.all(people.map(person => person.live({ kinds: CALLS, calls: 5, tabs: 2 })))
  quiet.abort()
  await jumping
  await interview(history, address, seed)
  const databaseFile = join(folder.path, 'riacho.db')
  const violations = await violationsInFile(
    {
      history,
      asked: script.asked,
      effects: readLedger(ledgerFile),
      filesFolder: join(folder.path, 'files'),
    },
    databaseFile,
  )
  return {
    seed,
    what: whatOf(settings, options),
    runs: history.runs.size,
    counts: history.answers,
    violations,
  }
}

/** The settings with an assistant that lets its provider draw, where the provider can. */
export async function withAssistant<Drawn extends ReturnType<typeof settingsFor>>(
  drawn: Drawn,
  folder: TestFolder,
): Promise<Drawn> {
  if (!drawn.options.pictures) return drawn
  const { ASSISTANTS_DIR } = await writeAssistant(folder, 'pictures: true')
  return { ...drawn, settings: { ...drawn.settings, ASSISTANTS_DIR } }
}

/** What differs between two rounds, for whoever reads a violation. */
export function whatOf(settings: Record<string, string>, options: ScriptOptions): string {
  const { background, api, failures, padding } = options
  const fails = `${failures * 100}% fail`
  return `${api}${background ? ' in the background' : ''}, window ${settings['COMMIT_WINDOW_MS']} ms, ${fails}${padding ? ', long' : ''}`
}

/** Replies with tools are not written in the background of the provider. */
export function hasTools({ background }: ScriptOptions): boolean {
  return !background
}

/** Settings of a server, and a provider that goes with them. */
export function settingsFor(random: Random): { settings: Record<string, string>; options: ScriptOptions } {
  const api = random.pick(['chat', 'responses', 'responses'] as const)
  const background = api === 'responses' && random.chance(0.4)
  const isLong = random.chance(0.1)
  return {
    settings: {
      OPENAI_API: api,
      OPENAI_BACKGROUND: String(background),
      // A provider that falls silent fails soon, because a round is short.
      OPENAI_FIRST_BYTE_TIMEOUT_MS: '300',
      OPENAI_IDLE_TIMEOUT_MS: '300',
      OPENAI_TOTAL_TIMEOUT_MS: '2500',
      MAX_ATTEMPTS: String(1 + random.integer(2)),
      COMMIT_WINDOW_MS: String(random.pick([1, 5, 25, 60])),
      LOG_RETENTION_HOURS: '1',
      API_KEYS: 'true',
    },
    options: {
      api,
      background,
      pictures: api === 'responses' && !background,
      failures: random.pick([0, 0.2, 0.5]),
      maxDelay: 1 + random.integer(10),
      maxTokens: 5 + random.integer(70),
      // Long replies fill the journal beyond its bound, and the frames that memory keeps.
      padding: isLong ? 40_000 : 0,
      calls: random.pick([0.35, 0.8]),
    },
  }
}

interface Jumping {
  history: History
  random: Random
  quiet: AbortSignal
}

/**
 * Lets time pass, or sets the time of day forward or back: by seconds, by more than a deletion can be undone, or by more
 * than logs are kept.
 */
async function jump(clock: ShiftedClock, { history, random, quiet }: Jumping): Promise<void> {
  for (;;) {
    await delay(50 + random.integer(300), undefined, { signal: quiet }).catch(() => {})
    if (quiet.aborted) return
    if (random.chance(0.5)) {
      // No time passes, so nothing becomes due, and nothing is late.
      clock.setTimeOfDay(random.pick([5_000, 11 * MINUTE, 90 * MINUTE, -5_000, -90 * MINUTE]))
      continue
    }
    const ms = random.pick([5_000, 11 * MINUTE, 90 * MINUTE])
    history.jumps.push({ at: time(), ms })
    clock.shift(ms)
  }
}
