import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RiachoError } from '../../protocol/errors.ts'
import type { BlobStore } from './blobStore.ts'

/** Where a blob stands until all of it is written. */
const UNFINISHED = 'unfinished'
/** No write takes so long, in milliseconds. Other nodes may write into the same folder. */
const LEFT_AFTER = 60 * 60_000

/** Keeps blobs as files below `folder`. The first one makes the folder, for its owner alone. */
export function createFolderStore(folder: string): BlobStore {
  const unfinished = join(folder, UNFINISHED)

  async function put(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(folder, name)
    const partial = join(unfinished, randomUUID())
    try {
      await mkdir(unfinished, { recursive: true, mode: 0o700 })
      await writeSynced(partial, bytes)
      await makeFolders(folder, dirname(name))
      await rename(partial, path)
      await syncFolder(dirname(path))
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
  }

  async function tidy(): Promise<void> {
    for (const name of (await readdir(unfinished).catch(ifMissing)) ?? []) {
      const path = join(unfinished, name)
      const found = await stat(path).catch(ifMissing)
      if (found && found.mtimeMs < Date.now() - LEFT_AFTER) await rm(path, { force: true })
    }
  }

  return {
    put: (name, bytes) => usable(put(name, bytes)),
    get: name => usable(read(join(folder, name))),
    remove: name => usable(rm(join(folder, name), { recursive: name.endsWith('/'), force: true })),
    names: name => namesIn(folder, name),
    tidy: () => usable(tidy()),
  }
}

async function read(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  return (await stat(path).catch(ifMissing)) && streamOf(path)
}

/** Opens the file with the first read, so that nobody has to close what was never read. */
async function* streamOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path)
  } catch (error) {
    throw unusable(error)
  }
}

async function* namesIn(root: string, folder: string): AsyncGenerator<string> {
  const entries = await usable(readdir(join(root, folder), { withFileTypes: true }).catch(ifMissing))
  for (const entry of entries ?? []) {
    if (entry.isDirectory()) yield* namesIn(root, `${folder}${entry.name}/`)
    else yield folder + entry.name
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(bytes)
  await file.sync()
}

/** Makes the folders of a name below `root`, each of which survives a loss of power. */
async function makeFolders(root: string, name: string): Promise<void> {
  const path = join(root, name)
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

function ifMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

async function usable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw unusable(error)
  }
}

function unusable(error: unknown): RiachoError {
  const { code, message } = error as NodeJS.ErrnoException
  return new RiachoError('STORAGE_UNAVAILABLE', `the folder of files: ${message}`, {
    cause: error,
    ...(code === 'ENOSPC' && { reason: 'full' }),
    ...((code === 'EROFS' || code === 'EACCES') && { reason: 'read-only' }),
  })
}
