/**
 * Keeps bytes under names. The parts of a name are separated by slashes, as those of a path. Whoever writes never uses a name
 * twice. Every call, and every read, throws
 * `STORAGE_UNAVAILABLE` if the store cannot be used.
 */
export interface BlobStore {
  /** Resolves once all of it is stored and survives a loss of power. Before that nothing has the name. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** `undefined` if nothing has the name. Nothing is open before the first read, nor after the reader ends it. */
  get(name: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** All names in a folder, which ends with a slash. */
  names(folder: string): AsyncIterable<string>
  /** Removes what has the name, or all that is in a folder, if the name ends with a slash. It may be gone already. */
  remove(name: string): Promise<void>
  /** Removes what killed writes left. */
  tidy(): Promise<void>
}

/** All bytes of a blob. `undefined` if nothing has the name. */
export async function readWhole(
  store: Pick<BlobStore, 'get'>,
  name: string,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const found = await store.get(name)
  if (!found) return undefined
  const pieces: Uint8Array[] = []
  for await (const piece of found) pieces.push(piece)
  return Buffer.concat(pieces)
}
