import type { Cost, Usage } from '../../protocol/events.ts'
import type { Locale } from '../../protocol/locale.ts'
import type { EventLog } from '../log/eventLog.ts'
import type { KeptItem } from './provider.ts'

/** What another process needs to make the calls of a run again. It is stored with their `tool-run`, as the checkpoint of the run. */
export interface CallsUnderWay {
  /** The digest of the tool, by the id of the call. */
  readonly digests: Readonly<Record<string, string>>
  /** What the provider wants back with calls, by step. */
  readonly kept: readonly (readonly [number, readonly KeptItem[]])[]
  /** What the run has used so far. */
  readonly used?: Usage | undefined
  readonly cost?: Cost | undefined
  readonly locale: Locale
}

/** No checkpoint of a provider begins so. */
const BEGINNING = 'calls '

/** `undefined`: the checkpoint is one of a provider. */
export function decodeCalls(checkpoint: string): CallsUnderWay | undefined {
  return checkpoint.startsWith(BEGINNING) ? JSON.parse(checkpoint.slice(BEGINNING.length)) : undefined
}

/** Keeps the calls of a run in the checkpoint of its log, from their `tool-run` until something is shown that came after them. */
export class CallsCheckpoint {
  readonly #log: EventLog
  #isKept: boolean

  /** `isKept`: an earlier process has left calls. */
  constructor(log: EventLog, { isKept }: { isKept: boolean }) {
    this.#log = log
    this.#isKept = isKept
  }

  /** Whether another process can go on with the run. */
  get isKept(): boolean {
    return this.#isKept
  }

  keep(calls: CallsUnderWay): void {
    this.#isKept = true
    this.#log.setCheckpoint(BEGINNING + JSON.stringify(calls))
  }

  forget(): void {
    if (!this.#isKept) return
    this.#isKept = false
    this.#log.setCheckpoint(null)
  }
}
