import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDelta } from '../../../protocol/events.ts'
import type { ProviderChunk } from '../../generation/provider.ts'
import { createChunkQueue } from './chunkQueue.ts'

const text = (content: string): ProviderChunk => ({ type: 'text-delta', content })

async function rest(queue: AsyncIterable<ProviderChunk>): Promise<ProviderChunk[]> {
  const chunks: ProviderChunk[] = []
  for await (const chunk of queue) chunks.push(chunk)
  return chunks
}

it('a waiting consumer gets each chunk as it comes', async () => {
  const queue = createChunkQueue(() => {})
  const first = queue.next()
  queue.push(text('a'))
  expect(await first).toEqual({ value: text('a'), done: false })
})

it('deltas of one kind that nobody has taken are joined, in order', async () => {
  const queue = createChunkQueue(() => {})
  for (const chunk of [text('a'), text('b'), { type: 'reasoning-delta', content: 'c' } as const, text('d')])
    queue.push(chunk)
  queue.end()
  expect(await rest(queue)).toEqual([text('ab'), { type: 'reasoning-delta', content: 'c' }, text('d')])
})

it('a failure comes after the chunks before it, once', async () => {
  const queue = createChunkQueue(() => {})
  queue.push(text('a'))
  queue.fail(new Error('cut'))
  expect((await queue.next()).value).toEqual(text('a'))
  await expect(queue.next()).rejects.toThrow('cut')
  expect((await queue.next()).done).toBe(true)
})

it('a consumer that leaves tells the producer, and nothing more is kept', async () => {
  let left = false
  const queue = createChunkQueue(() => {
    left = true
  })
  queue.push(text('a'))
  for await (const _ of queue) break
  queue.push(text('b'))
  expect(left).toBe(true)
  expect(await rest(queue)).toEqual([])
})

describe('a consumer that takes each chunk at once', () => {
  const taking = (queue: ReturnType<typeof createChunkQueue>) => {
    const taken: ProviderChunk[] = []
    return { taken, ended: queue.forEach(chunk => void taken.push(chunk)) }
  }

  it('gets what came before, and then each in the tick in which it comes', () => {
    const queue = createChunkQueue(() => {})
    queue.push(text('a'))
    const { taken } = taking(queue)
    queue.push(text('b'))
    queue.push(text('c'))
    expect(taken).toEqual([text('a'), text('b'), text('c')])
  })

  it.each([
    ['before', true],
    ['after', false],
  ])('learns the end, and the failure, that comes %s it', async (_, isBefore) => {
    const [whole, broken] = [createChunkQueue(() => {}), createChunkQueue(() => {})]
    const end = () => {
      whole.end()
      broken.fail(new Error('cut'))
    }
    if (isBefore) end()
    const ends = [whole, broken].map(queue => taking(queue).ended)
    if (!isBefore) end()
    expect(await Promise.allSettled(ends)).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: new Error('cut') },
    ])
  })

  it('gets its own fault, the producer learns that it has left, and nothing more is taken', async () => {
    let left = false
    const queue = createChunkQueue(() => {
      left = true
    })
    const taken: ProviderChunk[] = []
    const ended = queue.forEach(chunk => {
      taken.push(chunk)
      throw new Error('a fault of the run')
    })
    queue.push(text('a'))
    queue.push(text('b'))
    await expect(ended).rejects.toThrow('a fault of the run')
    expect([left, taken]).toEqual([true, [text('a')]])
  })
})

describe('checkpoints', () => {
  const checkpoint = (name: string): ProviderChunk => ({ type: 'checkpoint', checkpoint: name })

  it('only the newest of those that nobody has taken is kept, and the deltas between them are joined', async () => {
    const queue = createChunkQueue(() => {})
    for (const chunk of [text('a'), checkpoint('1'), text('b'), checkpoint('2')]) queue.push(chunk)
    queue.end()
    expect(await rest(queue)).toEqual([text('ab'), checkpoint('2')])
  })

  it('one that no newer one has replaced stays before what came after it', async () => {
    const queue = createChunkQueue(() => {})
    for (const chunk of [text('a'), checkpoint('1'), text('b')]) queue.push(chunk)
    queue.end()
    expect(await rest(queue)).toEqual([text('a'), checkpoint('1'), text('b')])
  })

  it('each covers everything before it and nothing after it, however the consumer and the socket take turns', async () => {
    const event = fc.record({
      type: fc.constantFrom('text-delta', 'reasoning-delta', 'refusal-delta', 'source-add'),
      hasCheckpoint: fc.boolean(),
      takes: fc.nat({ max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), async events => {
        const queue = createChunkQueue(() => {})
        const taken: Promise<IteratorResult<ProviderChunk>>[] = []
        let isWaiting = false
        let last: string | undefined
        for (const [index, { type, hasCheckpoint, takes }] of events.entries()) {
          queue.push(chunkOf(type, index))
          if (hasCheckpoint) {
            last = String(index)
            queue.push(checkpoint(last))
          }
          for (let take = 0; take < takes; take++) {
            await Promise.resolve()
            if (isWaiting) break
            isWaiting = true
            taken.push(
              queue.next().then(result => {
                isWaiting = false
                return result
              }),
            )
          }
        }
        queue.end()
        const results = await Promise.all(taken)
        const chunks = results.flatMap(({ value }) => value ?? []).concat(await rest(queue))

        let covered = ''
        const checkpoints: string[] = []
        for (const chunk of chunks) {
          if (chunk.type === 'checkpoint') {
            checkpoints.push(chunk.checkpoint)
            expect(covered).toBe(writtenBy(events.slice(0, Number(chunk.checkpoint) + 1)))
          } else covered += contentOf(chunk)
        }
        expect(covered).toBe(writtenBy(events))
        expect(checkpoints.at(-1)).toBe(last)
      }),
    )
  })

  function chunkOf(type: string, index: number): ProviderChunk {
    if (type === 'source-add') return { type, url: `${index};`, title: '' }
    return { type: type as 'text-delta', content: `${index};` }
  }

  function contentOf(chunk: ProviderChunk): string {
    return isDelta(chunk) ? chunk.content : chunk.type === 'source-add' ? chunk.url : ''
  }

  function writtenBy(events: readonly unknown[]): string {
    return events.map((_, index) => `${index};`).join('')
  }
})
