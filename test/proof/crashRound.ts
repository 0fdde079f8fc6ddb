import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TestClient } from '../harness/client.ts'
import { createRandom, type Random } from '../harness/random.ts'
import { settingsOf, temporaryFolder } from '../harness/server.ts'
import { countedTokens, createUpstream } from '../upstream/upstream.ts'
import { violationsOf } from './check.ts'
import { CRASH_POINTS, type CrashPoint } from './crashPoints.ts'
import type { Round } from './rounds.ts'
import { type Address, type Talk, talk } from './talker.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const TALKS = 4
/** The server starts many times, so its code is compiled once. */
const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'riacho')

/**
 * Plays one round of the crash loop. Clients talk while the server process is killed and started again. SIGKILL comes
 * at a random moment or at a labelled point, and sometimes the process is frozen before. Then the round compares what
 * the clients saw with what is stored.
 */
export async function crashRound(seed: number): Promise<Round> {
  const random = createRandom(seed)
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  const tokens = countedTokens(20 + random.integer(60))
  upstream.reply({ tokens, delayMs: 1 + random.integer(8) })
  const port = nextPort()
  const settings = { ...settingsOf({ upstream }, folder), PORT: String(port) }
  const server = new MortalServer(settings, port)
  const crashes: string[] = []

  const first = planOf(random)
  await server.start(first.point)
  const killer = (async () => {
    for (let plan: CrashPlan | undefined = first; plan; ) {
      crashes.push(await server.die(plan, random))
      plan = random.chance(0.3) ? planOf(random) : undefined
      await server.start(plan?.point)
    }
  })()
  const cookie = await cookieOf(server)
  const talking = Array.from({ length: TALKS }, async () => {
    const own = random.fork()
    await delay(own.integer(400))
    return talk({
      address: server,
      cookie,
      random: own,
      readers: own.integer(3),
      cutChance: 0.05,
      stopChance: 0.25,
    })
  })
  const talks: Talk[] = await Promise.all(talking)
  await killer
  await server.stop()
  const violations = violationsOf({
    talks,
    requests: upstream.requests,
    fullText: tokens.join(''),
    databaseFile: join(folder.path, 'riacho.db'),
  })
  return { seed, what: crashes.join(', '), talks: talks.length, violations }
}

interface CrashPlan {
  /** If absent, the process is killed at a random moment. */
  point: { label: CrashPoint; nth: number } | undefined
  /** The process is killed after this long at the latest, because it may never reach the point. */
  afterMs: number
  /** How long the process is frozen (SIGSTOP) before it is killed. */
  freezeMs: number
}

function planOf(random: Random): CrashPlan {
  const afterMs = 20 + random.integer(500)
  const freezeMs = random.chance(0.2) ? 20 + random.integer(100) : 0
  if (random.chance(0.4)) return { point: undefined, afterMs, freezeMs }
  return {
    point: { label: random.pick(CRASH_POINTS), nth: 1 + random.integer(40) },
    afterMs: afterMs + 300,
    freezeMs: 0,
  }
}

/** The server process. Its clients wait while it is down. */
class MortalServer implements Address {
  readonly #settings: Record<string, string>
  readonly #origin: string
  #child: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()
  #up = Promise.withResolvers<void>()

  constructor(settings: Record<string, string>, port: number) {
    this.#settings = settings
    this.#origin = `http://127.0.0.1:${port}`
  }

  client(): TestClient {
    return new TestClient(this.#origin)
  }

  up(): Promise<void> {
    return this.#up.promise
  }

  /** Starts the process. If it dies at its crash point while it starts, starts it again without the point. */
  async start(point: CrashPlan['point']): Promise<void> {
    for (const at of [point, undefined]) {
      const child = spawn(
        process.execPath,
        ['--import', join(import.meta.dirname, 'crashPoints.ts'), join(import.meta.dirname, 'apiProcess.ts')],
        {
          cwd: ROOT,
          env: {
            NODE_ENV: 'production',
            PATH: process.env['PATH'] ?? '',
            NODE_COMPILE_CACHE: COMPILE_CACHE,
            ...this.#settings,
            ...(at && { CRASH_POINT: `${at.label}:${at.nth}` }),
          },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      this.#child = child
      this.#exited = once(child, 'exit')
      const ready = new Promise<boolean>(resolve => {
        child.stdout?.on('data', chunk => String(chunk).includes('Riacho:') && resolve(true))
        void this.#exited.then(() => resolve(false))
      })
      if (await ready) {
        this.#up.resolve()
        return
      }
      if (child.exitCode !== null) throw new Error(`the server did not start: exit code ${child.exitCode}`)
    }
    throw new Error('the server did not start')
  }

  /** Waits for the crash point or the moment, and makes sure that the process is dead. Resolves with how it died. */
  async die({ point, afterMs, freezeMs }: CrashPlan, random: Random): Promise<string> {
    const child = this.#child
    const alive = new AbortController()
    const atPoint = await Promise.race([
      this.#exited.then(() => true),
      delay(afterMs, false, { signal: alive.signal }).catch(() => false),
    ])
    alive.abort()
    this.#up = Promise.withResolvers()
    if (atPoint) return `${point?.label}:${point?.nth}`
    if (freezeMs > 0) {
      child?.kill('SIGSTOP')
      await delay(freezeMs)
      if (random.chance(0.5)) {
        child?.kill('SIGCONT')
        await delay(random.integer(20))
      }
    }
    child?.kill('SIGKILL')
    await this.#exited
    return freezeMs > 0 ? 'frozen, then killed' : 'killed'
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM')
    await this.#exited
  }
}

/** Gets the session that all talks share. The server may die before it gives one. */
async function cookieOf(server: MortalServer): Promise<string> {
  for (;;) {
    await server.up()
    const client = server.client()
    await client.get('/api/chat/conversations').catch(() => delay(20))
    if (client.cookie) return client.cookie
  }
}

/** Below the range of ports that the system gives to connections. Nobody else listens there by chance. */
const FIRST_PORT = 20_000 + (process.pid % 500) * 20
let started = 0

function nextPort(): number {
  return FIRST_PORT + (started++ % 20)
}
