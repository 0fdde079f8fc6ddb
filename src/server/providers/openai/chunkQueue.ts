import { goesOn, isJoined } from '../../../protocol/events.ts'
import type { ProviderChunk } from '../../generation/provider.ts'

export interface ChunkQueue extends AsyncIterableIterator<ProviderChunk> {
  forEach(take: (chunk: ProviderChunk) => void): Promise<void>
  push(chunk: ProviderChunk): void
  end(): void
  fail(error: unknown): void
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true }

/**
 * Passes chunks from the socket to one consumer. After `forEach` the consumer gets each chunk at once. Before it, deltas that the consumer has not taken yet are joined, so that a slow
 * consumer gets fewer and longer chunks. Of the checkpoints among them only the newest is kept. `onReturn` is called
 * when the consumer leaves early.
 */
export function createChunkQueue(onReturn: () => void): ChunkQueue {
  const chunks: ProviderChunk[] = []
  let waiting: PromiseWithResolvers<IteratorResult<ProviderChunk, undefined>> | undefined
  let consumer: { take: (chunk: ProviderChunk) => void; ended: PromiseWithResolvers<void> } | undefined
  let ended = false
  let failure: { error: unknown } | undefined

  const settle = () => {
    ended = true
    if (consumer) {
      if (failure) consumer.ended.reject(failure.error)
      else consumer.ended.resolve()
    }
    if (!waiting) return
    if (failure) waiting.reject(failure.error)
    else waiting.resolve(DONE)
    waiting = undefined
    failure = undefined
  }

  /** A fault of the consumer must not look like one of the provider. */
  const give = (take: (chunk: ProviderChunk) => void, chunk: ProviderChunk) => {
    try {
      take(chunk)
    } catch (error) {
      failure = { error }
      settle()
      onReturn()
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => {
      const value = chunks.shift()
      if (value) return Promise.resolve({ value, done: false })
      if (failure) {
        const { error } = failure
        failure = undefined
        return Promise.reject(error)
      }
      if (ended) return Promise.resolve(DONE)
      waiting = Promise.withResolvers()
      return waiting.promise
    },
    return: () => {
      chunks.length = 0
      failure = undefined
      settle()
      onReturn()
      return Promise.resolve(DONE)
    },
    forEach(take) {
      for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) take(chunk)
      if (failure) return Promise.reject(failure.error)
      if (ended) return Promise.resolve()
      consumer = { take, ended: Promise.withResolvers() }
      return consumer.ended.promise
    },
    push: chunk => {
      if (ended) return
      if (consumer) return give(consumer.take, chunk)
      if (waiting) {
        waiting.resolve({ value: chunk, done: false })
        waiting = undefined
        return
      }
      // The older checkpoint is dropped only now, because until now no other one covered the chunks before it.
      if (chunk.type === 'checkpoint') dropCheckpoint(chunks)
      if (!join(chunks.at(-1), chunk)) chunks.push(chunk)
    },
    end: settle,
    fail: error => {
      if (ended) return
      failure = { error }
      settle()
    },
  }
}

/** Adds a delta to the one before it if both have the same type. */
function join(last: ProviderChunk | undefined, chunk: ProviderChunk): boolean {
  if (!last || !isJoined(last) || !isJoined(chunk) || !goesOn(last, chunk)) return false
  last.content += chunk.content
  return true
}

/** Removes the checkpoint, if there is one, and joins the deltas before and after it. */
function dropCheckpoint(chunks: ProviderChunk[]): void {
  const index = chunks.findLastIndex(chunk => chunk.type === 'checkpoint')
  if (index < 0) return
  chunks.splice(index, 1)
  const next = chunks[index]
  if (next && join(chunks[index - 1], next)) chunks.splice(index, 1)
}
