import type { Logger } from 'pino'
import { RiachoError, RUN_ERRORS, type RunErrorCode } from '../../../protocol/errors.ts'
import type { ProviderChoice } from '../../config/providers.ts'
import type { ChunkSource, Provider } from '../../generation/provider.ts'
import { runCode } from '../../generation/runFailure.ts'
import type { Attempt, CircuitBreaker, Refused } from './circuitBreaker.ts'
import { isOutage, movesOn } from './movesOn.ts'

/** A provider, and what keeps requests from it while it is out of order. */
export interface NamedProvider {
  readonly name: string
  readonly provider: Provider
  readonly breaker: CircuitBreaker
}

/** The first result of the provider that answers, and where the others come from. */
export interface Answer<Chunk> {
  iterator: AsyncIterator<Chunk>
  /** What the iterator is of. */
  source: ChunkSource<Chunk>
  result: IteratorResult<Chunk, undefined>
  model: string
}

export interface FirstAnswerOptions<Chunk> {
  /** Who is asked, in this order. */
  choices: readonly (Pick<ProviderChoice, 'model'> & { named: NamedProvider })[]
  /** Asks a provider. `undefined` if it cannot do that. */
  ask: (provider: Provider, model: string) => ChunkSource<Chunk> | undefined
  signal: AbortSignal
  onFailure?: ((provider: string, code: RunErrorCode) => void) | undefined
  logger: Pick<Logger, 'info'>
}

/**
 * Asks one provider after the other until one of them has given something. Throws the failure that no other provider can
 * mend. If all failed, throws one after which the run may ask again, if there is one.
 */
export async function firstAnswer<Chunk>(options: FirstAnswerOptions<Chunk>): Promise<Answer<Chunk>> {
  const { choices, ask, signal, onFailure, logger } = options
  const errors: unknown[] = []
  for (const { named, model } of choices) {
    const { name, provider, breaker } = named
    const attempt = breaker.enter()
    if ('waitMs' in attempt) {
      errors.push(refusalOf(name, attempt))
      continue
    }
    const source = ask(provider, model)
    if (!source) {
      attempt.abandoned()
      continue
    }
    const iterator = source[Symbol.asyncIterator]()
    try {
      const result = await iterator.next()
      // An abort ends a reply without an error.
      if (signal.aborted) attempt.abandoned()
      else attempt.answered()
      return { iterator, source, result, model }
    } catch (error) {
      settle(attempt, error, signal)
      if (signal.aborted) throw error
      const code = runCode(error)
      onFailure?.(name, code)
      if (!movesOn(error, { keepsReplies: !!provider.resume })) throw error
      errors.push(error)
      const { address, upstream } = error instanceof RiachoError ? error.details : {}
      logger.info({ provider: name, code, address, upstream }, 'a provider failed before its first word')
    }
  }
  const last = errors.at(-1) ?? new RiachoError('UPSTREAM_UNREACHABLE', 'nobody was asked')
  throw errors.find(isWorthWaiting) ?? last
}

function settle(attempt: Attempt, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) attempt.abandoned()
  else if (isOutage(error)) attempt.failed(runCode(error))
  else attempt.answered()
}

/** What a run gets while the breaker is open. It waits that long, or ends and says so. */
function refusalOf(name: string, { code, waitMs }: Refused): RiachoError {
  return new RiachoError(code, `${name} is not asked, because it failed again and again`, {
    retryAfter: Math.ceil(waitMs / 1000),
    beforeFirstByte: true,
  })
}

/** Whether a run may ask again by itself after this error. */
function isWorthWaiting(error: unknown): boolean {
  const { beforeFirstByte } = error instanceof RiachoError ? error.details : {}
  return beforeFirstByte === true && RUN_ERRORS[runCode(error)].retryable
}
