import type { Logger } from 'pino'
import type { RunErrorCode } from '../../../protocol/errors.ts'
import type { ProviderChoice } from '../../config/providers.ts'
import type { ChunkSource, Provider, ProviderChunk } from '../../generation/provider.ts'
import { type Answer, type FirstAnswerOptions, firstAnswer, type NamedProvider } from './firstAnswer.ts'

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
export function createFailover({ providers, ...options }: FailoverOptions): Provider {
  const [first] = providers
  const byName = new Map(providers.map(each => [each.name, each]))
  const keeper = providers.find(({ provider }) => provider.resume)?.provider

  /** Who may answer, and how each calls the model. */
  function choicesOf({ choices, model }: { choices?: readonly ProviderChoice[] | undefined; model: string }) {
    if (!choices) return [{ named: first, model }]
    return choices.map(choice => ({ named: byName.get(choice.provider) ?? first, model: choice.model }))
  }

  const begin = <Chunk>(asked: Omit<FirstAnswerOptions<Chunk>, 'logger'>) =>
    firstAnswer({ ...options, ...asked })

  return {
    name: providers.map(({ name }) => name).join('+'),
    generate(request, signal) {
      const ask = (provider: Provider, model: string) => provider.generate({ ...request, model }, signal)
      const answered = (model: string): ProviderChunk | undefined =>
        model === request.model ? undefined : { type: 'answered', model }
      return new Answering(() => begin({ choices: choicesOf(request), ask, signal }), answered)
    },
    ...(providers.some(({ provider }) => provider.title) && {
      title(request, signal) {
        const ask = (provider: Provider, model: string) => provider.title?.({ ...request, model }, signal)
        return new Answering(
          () => begin({ choices: choicesOf(request), ask, signal }),
          () => undefined,
        )
      },
    }),
    ...(keeper?.resume && { resume: keeper.resume }),
    ...(keeper?.requestDeletion && { requestDeletion: keeper.requestDeletion }),
    async close() {
      await Promise.all(providers.map(({ provider }) => provider.close?.()))
    },
  }
}

/** The chunks of whichever provider answers. From the second one on, they come as they come from the provider. */
class Answering<Chunk> implements AsyncIterableIterator<Chunk, undefined>, ChunkSource<Chunk> {
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

  async forEach(take: (chunk: Chunk) => void): Promise<void> {
    const { iterator, source, result, model } = await this.#begin()
    this.#iterator = iterator
    if (result.done) return
    const before = this.#before(model)
    if (before !== undefined) take(before)
    take(result.value)
    if (source.forEach) return source.forEach(take)
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) take(next.value)
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
