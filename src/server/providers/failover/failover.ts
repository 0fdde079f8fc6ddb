import type { Logger } from 'pino'
import { RiachoError, RUN_ERRORS, type RunErrorCode } from '../../../protocol/errors.ts'
import type { ProviderChoice } from '../../config/providers.ts'
import type { Provider, ProviderChunk } from '../../generation/provider.ts'
import { runCode } from '../../generation/runFailure.ts'
import type { Attempt, CircuitBreaker } from './circuitBreaker.ts'
import { isOutage, movesOn } from './movesOn.ts'

/** A provider, and what keeps requests from it while it is out of order. */
export interface NamedProvider {
  readonly name: string
  readonly provider: Provider
  readonly breaker: CircuitBreaker
}

export interface FailoverOptions {
  /** The first one is asked if a request names none. */
  providers: readonly [NamedProvider, ...NamedProvider[]]
  onFailure?: (provider: string, code: RunErrorCode) => void
  logger: Pick<Logger, 'info'>
}

/**
 * Several providers as one. A request names those that may answer it, in their order. If one fails before its first chunk,
 * or its breaker is open, the next one is asked. After the first chunk the reply is that provider's alone, and its chunks go
 * through untouched. Only the one that keeps replies resumes them.
 */
export function createFailover({ providers, onFailure, logger }: FailoverOptions): Provider {
  const [first] = providers
  const byName = new Map(providers.map(each => [each.name, each]))
  const keeper = providers.find(({ provider }) => provider.resume)?.provider

  /** Asks one provider after the other, by `ask`, until one of them has given something. */
  async function firstAnswer<Chunk>(
    choices: readonly ProviderChoice[],
    ask: (provider: Provider, model: string) => AsyncIterable<Chunk> | undefined,
    signal: AbortSignal,
  ): Promise<Answer<Chunk>> {
    const errors: unknown[] = []
    for (const { provider: name, model } of choices) {
      const named = byName.get(name) ?? first
      const attempt = named.breaker.enter()
      if ('waitMs' in attempt) {
        errors.push(refusalOf(named.name, attempt))
        continue
      }
      const iterator = ask(named.provider, model)?.[Symbol.asyncIterator]()
      if (!iterator) {
        attempt.abandoned()
        continue
      }
      try {
        const result = await iterator.next()
        // An abort ends a reply without an error.
        if (signal.aborted) attempt.abandoned()
        else attempt.answered()
        return { iterator, result, model }
      } catch (error) {
        settle(attempt, error, signal)
        if (signal.aborted) throw error
        onFailure?.(named.name, runCode(error))
        errors.push(error)
        if (!movesOn(error, { keepsReplies: named.provider === keeper })) break
        const { address, upstream } = error instanceof RiachoError ? error.details : {}
        logger.info(
          { provider: named.name, code: runCode(error), address, upstream },
          'a provider failed before its first word',
        )
      }
    }
    throw (
      errors.find(isWorthWaiting) ?? errors.at(-1) ?? new RiachoError('UPSTREAM_UNREACHABLE', 'no provider')
    )
  }

  const choicesOf = ({
    choices,
    model,
  }: {
    choices?: readonly ProviderChoice[] | undefined
    model: string
  }) => choices ?? [{ provider: first.name, model }]

  return {
    name: providers.map(({ name }) => name).join('+'),
    generate: (request, signal) =>
      new Answering(
        () =>
          firstAnswer(
            choicesOf(request),
            (provider, model) => provider.generate({ ...request, model }, signal),
            signal,
          ),
        model => (model === request.model ? undefined : ({ type: 'answered', model } as ProviderChunk)),
      ),
    ...(providers.some(({ provider }) => provider.title) && {
      title: (request, signal) =>
        new Answering(
          () =>
            firstAnswer(
              choicesOf(request),
              (provider, model) => provider.title?.({ ...request, model }, signal),
              signal,
            ),
          () => undefined,
        ),
    }),
    ...(keeper?.resume && { resume: keeper.resume }),
    ...(keeper?.requestDeletion && { requestDeletion: keeper.requestDeletion }),
    async close() {
      await Promise.all(providers.map(({ provider }) => provider.close?.()))
    },
  }
}

function settle(attempt: Attempt, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) attempt.abandoned()
  else if (isOutage(error)) attempt.failed(runCode(error))
  else attempt.answered()
}

/** What a run gets while the breaker is open. It waits that long, or ends and says so. */
function refusalOf(name: string, { code, waitMs }: { code: RunErrorCode; waitMs: number }): RiachoError {
  const retryAfter = Math.ceil(waitMs / 1000)
  return new RiachoError(code, `${name} is not asked, because it failed again and again`, {
    retryAfter,
    beforeFirstByte: true,
  })
}

/** Whether a run may ask again by itself after this error. */
function isWorthWaiting(error: unknown): boolean {
  return (
    error instanceof RiachoError &&
    error.details.beforeFirstByte === true &&
    RUN_ERRORS[runCode(error)].retryable
  )
}

/** The first result of the provider that answers, and where the others come from. */
interface Answer<Chunk> {
  iterator: AsyncIterator<Chunk>
  result: IteratorResult<Chunk, undefined>
  model: string
}

/** The chunks of whichever provider answers. From the second one on, `next` is that of the provider. */
class Answering<Chunk> implements AsyncIterableIterator<Chunk, undefined> {
  readonly #begin: () => Promise<Answer<Chunk>>
  /** What comes before the first chunk of a provider that was asked for this model, if anything does. */
  readonly #before: (model: string) => Chunk | undefined
  #iterator: AsyncIterator<Chunk> | undefined
  /** The first result, while something else comes before it. */
  #held: IteratorResult<Chunk, undefined> | undefined

  constructor(begin: () => Promise<Answer<Chunk>>, before: (model: string) => Chunk | undefined) {
    this.#begin = begin
    this.#before = before
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#held) return this.#takeHeld(this.#held)
    return this.#iterator ? this.#iterator.next() : this.#start()
  }

  async return(): Promise<IteratorResult<Chunk, undefined>> {
    await this.#iterator?.return?.()
    return { value: undefined, done: true }
  }

  async #start(): Promise<IteratorResult<Chunk, undefined>> {
    const { iterator, result, model } = await this.#begin()
    this.#iterator = iterator
    const before = result.done ? undefined : this.#before(model)
    if (before === undefined) return result
    this.#held = result
    return { value: before, done: false }
  }

  async #takeHeld(held: IteratorResult<Chunk, undefined>): Promise<IteratorResult<Chunk, undefined>> {
    this.#held = undefined
    return held
  }
}
