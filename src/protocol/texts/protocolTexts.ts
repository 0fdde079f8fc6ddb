import type { ErrorCode } from '../errors.ts'
import type { ProbeCause } from '../probe.ts'

/**
 * The texts that a person reads for codes and causes of the protocol. Each language has its own file, because a browser
 * gets only one of them.
 */
export interface ProtocolTexts {
  /** For each code: what happened, and what the person can do. */
  errors: Record<ErrorCode, string>
  /** For each cause: what a proxy on the way does. */
  probe: Record<ProbeCause, string>
}
