import { RiachoError } from '../protocol/errors.ts'
import type { RunEnd } from '../protocol/events.ts'
import type { Clock } from './clock.ts'

export interface ReadinessOptions {
  /** The model that is asked where nothing else is said. */
  model: string
  /** Rejects with `STORAGE_UNAVAILABLE` when the database takes no write. */
  checkStorage: () => Promise<void>
  clock: Clock
}

export interface ProviderState {
  model: string
  /** How the last run ended; `null` before the first. */
  lastEnd: Pick<RunEnd, 'status' | 'code'> | null
}

/** How long one check of the storage stands for others, in milliseconds. */
const CHECK_LIFETIME = 1000

export type Readiness = ReturnType<typeof createReadiness>

/** Whether this process takes runs. It is running until it drains, and then never again. */
export function createReadiness({ model, checkStorage, clock }: ReadinessOptions) {
  let isDraining = false
  let lastEnd: ProviderState['lastEnd'] = null
  let lastCheck: { at: number; result: Promise<void> } | undefined
  return {
    drain() {
      isDraining = true
    },
    runEnded({ status, code }: RunEnd) {
      lastEnd = { status, ...(code && { code }) }
    },
    provider: (): ProviderState => ({ model, lastEnd }),
    /** Throws `SHUTTING_DOWN` once the process drains. */
    requireRunning() {
      if (isDraining) throw new RiachoError('SHUTTING_DOWN')
    },
    /** Rejects with `STORAGE_UNAVAILABLE`. All who ask within a second share one check: asking often costs no more. */
    requireStorage(): Promise<void> {
      if (!lastCheck || clock.now() - lastCheck.at >= CHECK_LIFETIME)
        lastCheck = { at: clock.now(), result: checkStorage() }
      return lastCheck.result
    },
  }
}
