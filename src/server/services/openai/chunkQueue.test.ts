import { expect, it } from 'vitest'
import type { ProviderChunk } from '../../generation/provider.ts'
import { createChunkQueue } from './chunkQueue.ts'

const text = (content: string): ProviderChunk => ({ type: 'text', text: content })

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
  for (const chunk of [text('a'), text('b'), { type: 'reasoning', text: 'c' } as const, text('d')])
    queue.push(chunk)
  queue.end()
  expect(await rest(queue)).toEqual([text('ab'), { type: 'reasoning', text: 'c' }, text('d')])
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
