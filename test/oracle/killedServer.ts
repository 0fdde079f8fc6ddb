import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CrashPoint } from '../proof/crashPoints.ts'

const PROOF = join(import.meta.dirname, '..', 'proof')
const ROOT = join(import.meta.dirname, '..', '..')
/** A deleted conversation is erased after ten minutes. */
export const LONGER_THAN_RESTORE = 11 * 60_000

export interface Life {
  /** The process kills itself when it reaches this point for the `nth` time. */
  point?: { label: CrashPoint; nth: number }
  /** The process is killed this long after its start, in milliseconds, even if it has not begun to listen. */
  killedInStart?: number
}

/** The server as one process after another, at one address. Each one may start later than the last one died. */
export class KilledServer implements AsyncDisposable {
  readonly url: string
  /** How far the time of day of the process is ahead, in milliseconds. */
  laterMs = 0
  readonly #settings: Record<string, string>
  #child: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()
  #up = Promise.withResolvers<void>()
  #isUp = false
  #isKilledSoon = false

  constructor(settings: Record<string, string>) {
    this.#settings = settings
    this.url = `http://127.0.0.1:${settings['PORT']}`
  }

  /** Resolves when there is a process that answers. */
  up(): Promise<void> {
    return this.#up.promise
  }

  /** Resolves with whether the process lived until it listened. */
  async start({ point, killedInStart }: Life = {}): Promise<boolean> {
    const preloads = [join(PROOF, 'crashPoints.ts'), join(import.meta.dirname, 'laterClock.ts')]
    const child = spawn(
      process.execPath,
      [...preloads.flatMap(file => ['--import', file]), join(PROOF, 'apiProcess.ts')],
      {
        cwd: ROOT,
        env: {
          NODE_ENV: 'production',
          PATH: process.env['PATH'] ?? '',
          NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'riacho'),
          ...this.#settings,
          LATER_MS: String(this.laterMs),
          ...(point && { CRASH_POINT: `${point.label}:${point.nth}` }),
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    this.#child = child
    this.#exited = once(child, 'exit')
    const listens = new Promise<boolean>(resolve => {
      child.stdout?.on('data', chunk => String(chunk).includes('Riacho:') && resolve(true))
      void this.#exited.then(() => resolve(false))
    })
    if (killedInStart !== undefined) {
      await Promise.race([delay(killedInStart), listens])
      await this.kill()
      return false
    }
    const isUp = await listens
    this.#isUp = isUp
    if (isUp) this.#up.resolve()
    else if (child.exitCode !== null) throw new Error(`the server did not start: exit code ${child.exitCode}`)
    return isUp
  }

  /** Waits until the process dies by itself, at most `ms` milliseconds, and kills it then. */
  async killAfter(ms: number): Promise<void> {
    this.#isKilledSoon = true
    const isDead = new AbortController()
    await Promise.race([this.#exited, delay(ms, undefined, { signal: isDead.signal }).catch(() => {})])
    isDead.abort()
    await this.kill()
  }

  /** Kills at this moment the process that `killAfter` waits for. */
  strike(): void {
    if (this.#isKilledSoon) this.#child?.kill('SIGKILL')
  }

  async kill(): Promise<void> {
    this.#isKilledSoon = false
    if (this.#isUp) this.#up = Promise.withResolvers()
    this.#isUp = false
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  /** Ends the process as an operator does. */
  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM')
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
