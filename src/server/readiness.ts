import { RiachoError } from '../protocol/errors.ts'
import type { RunEnd } from '../protocol/events.ts'
import type { Clock } from './clock.ts'

export interface ReadinessOptions {
  /** The model of the default assistant. */
  model: string
  /** Rejects with `STORAGE_UNAVAILABLE` if the database takes no write. */
  checkStorage: () => Promise<void>
  clock: Clock
}

export interface ProviderState {
  model: string
  /** How the last run ended. `null` before the first. */
  lastEnd: Pick<RunEnd, 'status' | 'code'> | null
}

/** How long the result of one check counts, in milliseconds. */
const CHECK_LIFETIME = 1000

export type Readiness = ReturnType<typeof createReadiness>

/** Whether this process takes runs. It does until it drains, and never again after that. */
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
    /**
     * Rejects with `STORAGE_UNAVAILABLE` if the database takes no write. All callers within a second share one check,
     * so that asking often costs no more.
     */
    requireStorage(): Promise<void> {
      if (!lastCheck || clock.monotonic() - lastCheck.at >= CHECK_LIFETIME)
        lastCheck = { at: clock.monotonic(), result: checkStorage() }
      return lastCheck.result
    },
  }
}
