import type { ErrorCode } from '../errors.ts'
import type { ProbeCause } from '../probe.ts'

/** What a person reads of what the protocol names. A file for each language: a browser is sent one of them. */
export interface ProtocolTexts {
  /** For each code: what happened, and the way on. */
  errors: Record<ErrorCode, string>
  /** For each cause: what a proxy on the way does. */
  probe: Record<ProbeCause, string>
}
