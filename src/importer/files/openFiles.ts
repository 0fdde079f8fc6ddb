import type { Dirent } from 'node:fs'
import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ImportProblem } from '../importProblem.ts'
import { isJsonFile, type SourceFile, type SourceFiles } from './sourceFile.ts'
import { openZip } from './zipEntries.ts'

/** Finds the JSON files of an export, in the order of their names. Throws `ImportProblem`. */
export async function openFiles(path: string): Promise<SourceFiles> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats) throw new ImportProblem(`${path} does not exist or cannot be read.`)
  const found = stats.isDirectory()
    ? await filesIn(path)
    : (await isZip(path))
      ? await openZip(path)
      : { files: [await fileAt(path, path)], others: 0, close: () => {} }
  const files = found.files.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return { ...found, files }
}

async function filesIn(folder: string): Promise<SourceFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const all = entries.filter(entry => entry.isFile())
  const pathOf = ({ parentPath, name }: Dirent) => relative(folder, join(parentPath, name))
  const wanted = all.map(pathOf).filter(isJsonFile)
  const files = await Promise.all(wanted.map(path => fileAt(join(folder, path), path)))
  return { files, others: all.length - wanted.length, close: () => {} }
}

async function fileAt(path: string, name: string): Promise<SourceFile> {
  const { size } = await stat(path)
  return { name, bytes: size, open: async () => createReadStream(path) }
}

/** By its first bytes, because a name says nothing. */
async function isZip(path: string): Promise<boolean> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return bytesRead === 4 && buffer.subarray(0, 2).toString() === 'PK'
}
