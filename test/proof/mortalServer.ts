import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TestClient } from '../harness/client.ts'
import type { CrashPoint } from './preloads/crashPoints.ts'
import { type EventPoint, isEventPoint } from './preloads/dieAtEvent.ts'
import type { Address } from './talker.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The server starts many times, so its code is compiled once. */
const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'riacho')
/** Loaded before the server, so that it has crash points, can be told of jumps of the clock, and says what is synced. */
const PRELOADS = ['crashPoints.ts', 'dieAtEvent.ts', 'jumpOnSignal.ts', 'syncMarks.ts']

/** The signals that rounds end a process with. */
const MEANT: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM']

/** A point at which the process kills itself, when it comes there for the `nth` time. */
export interface At {
  label: CrashPoint | EventPoint
  nth: number
}

/**
 * The server process. It is **down**, **starting**, or **up**. Clients wait while it is not up. `start` and `kill` move
 * it.
 */
export class MortalServer implements Address, AsyncDisposable {
  readonly #settings: Record<string, string>
  readonly #origin: string
  #child: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()
  #up = Promise.withResolvers<void>()
  #isUp = false
  #lived = 0
  #upSince = 0

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

  lived(): number {
    return this.#lived + (this.#isUp ? performance.now() - this.#upSince : 0)
  }

  /** Resolves when the process has ended, whatever ended it. */
  get exited(): Promise<unknown> {
    return this.#exited
  }

  /**
   * Starts the process. `diesAfter`: kills it so many milliseconds later, unless it is up by then. Resolves with whether
   * it is up. Throws if it ended by itself.
   */
  async start({ at, diesAfter }: { at?: At | undefined; diesAfter?: number } = {}): Promise<boolean> {
    const child = spawn(
      process.execPath,
      [
        ...PRELOADS.flatMap(file => ['--import', join(import.meta.dirname, 'preloads', file)]),
        join(import.meta.dirname, 'apiProcess.ts'),
      ],
      {
        cwd: ROOT,
        env: {
          NODE_ENV: 'production',
          PATH: process.env['PATH'] ?? '',
          NODE_COMPILE_CACHE: COMPILE_CACHE,
          ...this.#settings,
          ...(at &&
            (isEventPoint(at.label) ? { DIE_AT: at.label } : { CRASH_POINT: `${at.label}:${at.nth}` })),
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    this.#child = child
    this.#exited = once(child, 'exit')
    child.once('exit', (_code, signal) => {
      if (signal && !MEANT.includes(signal)) console.error(`the server died of ${signal}`)
    })
    const alive = new AbortController()
    const ready = new Promise<boolean>(resolve => {
      child.stdout?.on('data', chunk => String(chunk).includes('Riacho:') && resolve(true))
      void this.#exited.then(() => resolve(false))
    })
    if (diesAfter !== undefined) {
      void delay(diesAfter, undefined, { signal: alive.signal }).then(
        () => child.kill('SIGKILL'),
        () => {},
      )
    }
    const isReady = await ready
    alive.abort()
    if (isReady) {
      this.#isUp = true
      this.#upSince = performance.now()
      this.#up.resolve()
    } else if (child.exitCode !== null)
      throw new Error(`the server did not start: exit code ${child.exitCode}`)
    return isReady
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Clients wait from now on. Those that wait already go on waiting for the same start. */
  down(): void {
    if (!this.#isUp) return
    this.#lived = this.lived()
    this.#isUp = false
    this.#up = Promise.withResolvers()
  }

  /** Kills the process. Resolves once it is dead. */
  async kill(): Promise<void> {
    this.down()
    this.signal('SIGKILL')
    await this.#exited
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  async stop(): Promise<void> {
    this.signal('SIGTERM')
    await this.#exited
  }
}

/** A process uses so many ports in turn. Rounds with several nodes need many at once. */
const PORTS = 100
/** Below the range of ports that the system gives to connections. Nobody else listens there by chance. */
const FIRST_PORT = 20_000 + (process.pid % 120) * PORTS
let started = 0

/** A port for a server that starts again and again. */
export function nextPort(): number {
  return FIRST_PORT + (started++ % PORTS)
}
