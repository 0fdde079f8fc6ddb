import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { MortalServer } from '../proof/mortalServer.ts'

/** A deleted conversation is erased after ten minutes. */
export const LONGER_THAN_RESTORE = 11 * 60_000

/** A server that is killed again and again. Each process may begin later than the last one died. */
export class KilledServer extends MortalServer {
  /** How far the time of day of the next process is ahead, in milliseconds. */
  laterMs = 0
  readonly #clockFile: string
  #isKilledSoon = false

  constructor(settings: Record<string, string>, { port, clockFile }: { port: number; clockFile: string }) {
    super({ ...settings, PORT: String(port), CLOCK_OFFSET: clockFile }, port)
    this.#clockFile = clockFile
    this.wait(0)
  }

  /** Lets `ms` milliseconds pass before the next process. */
  wait(ms: number): void {
    this.laterMs += ms
    writeFileSync(this.#clockFile, String(this.laterMs))
  }

  /** Waits until the process dies by itself, at most `ms` milliseconds, and kills it then. */
  async killAfter(ms: number): Promise<void> {
    this.#isKilledSoon = true
    const isDead = new AbortController()
    await Promise.race([this.exited, delay(ms, undefined, { signal: isDead.signal }).catch(() => {})])
    isDead.abort()
    this.#isKilledSoon = false
    await this.kill()
  }

  /** Kills at this moment the process that `killAfter` waits for. */
  strike(): void {
    if (this.#isKilledSoon) this.signal('SIGKILL')
  }
}
