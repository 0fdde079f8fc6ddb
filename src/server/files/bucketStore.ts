import { RiachoError } from '../../protocol/errors.ts'
import type { BlobStore } from './blobStore.ts'
import { type BucketAccess, bucketReason, createBucketClient, isMissing } from './bucketClient.ts'

/** Keeps blobs in a bucket of S3, or of a server that speaks as S3 does. */
export function createBucketStore(access: BucketAccess): BlobStore {
  const client = createBucketClient(access)
  const keyOf = (name: string) => access.folder + name

  async function get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    return (await client.exists(keyOf(name))) ? streamOf(keyOf(name)) : undefined
  }

  /** Asks for the object with the first read, so that no connection waits for somebody who never reads. */
  async function* streamOf(key: string): AsyncGenerator<Uint8Array> {
    try {
      const { body } = await client.getObject(key)
      if (body) yield* body
    } catch (error) {
      throw unusable(error)
    }
  }

  async function remove(name: string): Promise<void> {
    try {
      if (!name.endsWith('/')) return await client.deleteObject(keyOf(name))
      for await (const { key } of client.listObjects({ prefix: keyOf(name) })) await client.deleteObject(key)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async function* names(name: string): AsyncGenerator<string> {
    const objects = client.listObjects({ prefix: keyOf(name) })
    for (;;) {
      const { done, value } = await usable(objects.next())
      if (done) return
      yield value.key.slice(access.folder.length)
    }
  }

  return {
    put: (name, bytes) =>
      usable(client.putObject(keyOf(name), bytes as Uint8Array<ArrayBuffer>).then(() => {})),
    get: name => usable(get(name)),
    remove: name => usable(remove(name)),
    names,
    // A write that was killed leaves nothing.
    async tidy() {},
  }
}

async function usable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw unusable(error)
  }
}

function unusable(cause: unknown): RiachoError {
  return new RiachoError('STORAGE_UNAVAILABLE', `the bucket of files: ${bucketReason(cause)}`, { cause })
}
